"""How static files are stored."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# As our modules import each other: … from "./outbox.js". Files of others stay as they are: some
# import what they do not come with.
IMPORT = r"""(?P<matched>(?P<before>\bfrom\s*)"(?P<url>\./[\w-]+\.js)")"""


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Names every file by its content, modules that other modules import included.

    So a page that is open while new code comes into service never gets modules of both.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, '%(before)s"%(url)s"'),)),
    )
