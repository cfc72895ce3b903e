"""Password hashing."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OwaspArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane.

    Source: OWASP Password Storage Cheat Sheet, Argon2id. Django's own parameters (100 MiB,
    eight lanes) cost several times the memory and processor time at each sign-in.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
