"""The statements that compute statistics from closed attempts; docs/authoring.md says what of.

Names in them: a *first answer* is what a candidate answered when first asked a question, in a
closed exam of which at least half was answered; a *rest score* the share of the other scored
questions of that attempt that were right.
"""

_COUNTS = "NOT u.is_guest AND u.id <> ALL(%(insiders)s::bigint[])"

# Of an attempt, whether at least half of its questions were answered: who looks into an exam and
# leaves says nothing of its questions.
_SAT = "HAVING 2 * count(*) FILTER (WHERE r.answer <> '{}') >= count(*)"

_FIRST_ANSWERS = f"""
asked AS (
    SELECT r.id, r.version_id, r.attempt_id, r.position, r.scored, r.is_correct, r.answer,
           r.confidence, a.started_at, a.closed_at, a.mode, a.scored_items, a.scored_correct,
           row_number() OVER (PARTITION BY a.user_id, r.question_id
                              ORDER BY a.started_at, a.id) AS exposure
      FROM exams_response r
      JOIN exams_attempt a ON a.id = r.attempt_id
      JOIN accounts_user u ON u.id = a.user_id
     WHERE r.question_id = ANY(%(questions)s::bigint[]) AND {_COUNTS}
), exposures AS (
    SELECT version_id, count(*) AS exposures FROM asked
     WHERE closed_at IS NOT NULL GROUP BY version_id
), latest AS (
    SELECT * FROM (
        SELECT asked.*, row_number() OVER (PARTITION BY version_id
                                           ORDER BY started_at DESC, id DESC) AS age
          FROM asked
         WHERE exposure = 1 AND closed_at IS NOT NULL AND mode = ANY(%(modes)s::varchar[])
    ) AS firsts WHERE age <= %(latest)s
), sat AS (
    SELECT r.attempt_id FROM exams_response r
     WHERE r.attempt_id IN (SELECT attempt_id FROM latest)
     GROUP BY r.attempt_id {_SAT}
), first_answer AS (
    SELECT latest.id, latest.version_id, attempt_id, position, started_at, confidence,
           is_correct AS correct,
           -- The options of a response come in the order in which they were shown.
           CASE v.kind WHEN 'response' THEN ARRAY(SELECT o FROM unnest(latest.answer) AS o
                                                   ORDER BY o COLLATE "C")
                       ELSE latest.answer END AS answer,
           (scored_correct - (scored AND is_correct)::int)::float8
               / nullif(scored_items - scored::int, 0) AS rest
      FROM latest JOIN sat USING (attempt_id)
      JOIN questions_questionversion v ON v.id = latest.version_id
)"""  # noqa: S608  # only our own text is put together

# A save ends the time that began with the save before it, or with the attempt: that time is
# spent on the question that was saved.
_TIMES = """
journal AS (
    SELECT e.attempt_id, e.position,
           e.received_at - lag(e.received_at, 1, a.started_at)
               OVER (PARTITION BY e.attempt_id ORDER BY e.id) AS taken
      FROM exams_answerevent e
      JOIN (SELECT DISTINCT attempt_id, started_at FROM first_answer) AS a USING (attempt_id)
     WHERE e.outcome = 'applied'
), spent AS (
    SELECT attempt_id, position,
           extract(epoch FROM sum(greatest(taken, interval '0')))::float8 AS seconds
      FROM journal GROUP BY attempt_id, position
)"""

_RANKED = """
ranked AS (
    SELECT first_answer.*, spent.seconds,
           row_number() OVER (PARTITION BY version_id
                              ORDER BY rest DESC NULLS LAST, first_answer.id) AS place,
           count(rest) OVER (PARTITION BY version_id) AS rests,
           count(rest) FILTER (WHERE correct) OVER (PARTITION BY version_id) AS right_rests
      FROM first_answer LEFT JOIN spent USING (attempt_id, position)
)"""

# Of ones and zeros the largest covariance with the rest scores is that in which those with the
# highest rest scores are right.
_FIGURES = """
figures AS (
    SELECT version_id, count(*) AS answers, count(*) FILTER (WHERE correct) AS right_answers,
           count(*) FILTER (WHERE answer = '{}') AS blank,
           avg(correct::int)::float8 AS facility, count(rest) AS rests, avg(rest) AS mean_rest,
           -- Sums of equal fractions may differ in their last digit: that is no correlation.
           CASE WHEN min(rest) < max(rest) THEN corr(correct::int, rest) END AS discrimination,
           CASE WHEN min(rest) < max(rest) THEN covar_samp(correct::int, rest)
               / nullif((sum(rest) FILTER (WHERE place <= right_rests)
                         - max(right_rests) * avg(rest)) / nullif(count(rest) - 1, 0), 0)
               END AS efficiency,
           count(seconds) AS timed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,
           count(*) FILTER (WHERE confidence <> '') AS said,
           count(*) FILTER (WHERE confidence = 'sure') AS sure,
           count(*) FILTER (WHERE confidence = 'sure' AND NOT correct) AS sure_and_wrong
      FROM ranked GROUP BY version_id
), top AS (
    SELECT DISTINCT ON (version_id) version_id, answer, count(*) AS agreed,
           (sum(count(*)) OVER (PARTITION BY version_id))::int AS size
      FROM ranked WHERE place <= ceil(rests / 3.0)
     GROUP BY version_id, answer ORDER BY version_id, count(*) DESC, answer
)"""

_CHOICES = """
chosen AS (
    SELECT v.id AS version_id, option.number, ARRAY[option.value ->> 'id'] AS ids,
           count(a.id) AS count, avg(a.rest) AS rest
      FROM questions_questionversion v
     CROSS JOIN jsonb_array_elements(v.options) WITH ORDINALITY AS option (value, number)
      LEFT JOIN first_answer a
        ON a.version_id = v.id AND (option.value ->> 'id') = ANY(a.answer)
     WHERE v.question_id = ANY(%(questions)s::bigint[]) AND v.kind IN ('choice', 'response')
     GROUP BY v.id, option.number, option.value
    UNION ALL
    SELECT * FROM (
        SELECT a.version_id,
               row_number() OVER (PARTITION BY a.version_id ORDER BY count(*) DESC, a.answer),
               a.answer, count(*), avg(a.rest)
          FROM first_answer a JOIN questions_questionversion v ON v.id = a.version_id
         WHERE v.kind IN ('ordering', 'matching') AND a.answer <> '{}'
         GROUP BY a.version_id, a.answer
    ) AS frequent (version_id, number, ids, count, rest) WHERE number <= %(frequent)s
), choices AS (
    SELECT version_id, jsonb_agg(jsonb_build_object('ids', ids, 'count', count, 'rest', rest)
                                 ORDER BY number) AS choices
      FROM chosen GROUP BY version_id
)"""

_COLUMNS = (
    *("exposures", "answers", "right", "blank", "facility", "rests", "mean_rest"),
    *("discrimination", "efficiency", "timed", "median_seconds", "said", "sure"),
    *("sure_and_wrong", "choices", "top_size", "top_answer", "top_agreed", "computed_at"),
)


def _columns(pattern: str) -> str:
    return ", ".join(pattern.format(f'"{column}"') for column in _COLUMNS)


COMPUTE_ITEMS = f"""
WITH {_FIRST_ANSWERS}, {_TIMES}, {_RANKED}, {_FIGURES}, {_CHOICES}, gone AS (
    DELETE FROM results_itemstatistics s USING questions_questionversion v
     WHERE v.id = s.version_id AND v.question_id = ANY(%(questions)s::bigint[])
       AND s.version_id NOT IN (SELECT version_id FROM exposures)
)
INSERT INTO results_itemstatistics (version_id, {_columns("{}")})
SELECT version_id, exposures, coalesce(answers, 0), coalesce(right_answers, 0),
       coalesce(blank, 0), facility, coalesce(rests, 0), mean_rest, discrimination, efficiency,
       coalesce(timed, 0), median_seconds, coalesce(said, 0), coalesce(sure, 0),
       coalesce(sure_and_wrong, 0), coalesce(choices, '[]'), coalesce(size, 0),
       coalesce(answer, '{{}}'), coalesce(agreed, 0), %(now)s
  FROM exposures LEFT JOIN figures USING (version_id) LEFT JOIN choices USING (version_id)
  LEFT JOIN top USING (version_id)
    ON CONFLICT (version_id) DO UPDATE SET {_columns("{0} = excluded.{0}")}
RETURNING version_id
"""  # noqa: S608  # only our own text is put together

COMPUTE_FORMS = f"""
WITH first AS (
    SELECT DISTINCT ON (a.form_id, a.user_id) a.id, a.form_id, a.scored_items, a.scored_correct
      FROM exams_attempt a JOIN accounts_user u ON u.id = a.user_id
     WHERE a.form_id = ANY(%(forms)s::bigint[]) AND a.closed_at IS NOT NULL AND {_COUNTS}
     ORDER BY a.form_id, a.user_id, a.started_at, a.id
), sat AS (
    SELECT r.attempt_id AS id FROM exams_response r JOIN first ON first.id = r.attempt_id
     GROUP BY r.attempt_id {_SAT}
), item AS (
    SELECT first.form_id, r.position, var_samp(r.is_correct::int)::float8 AS variance
      FROM first JOIN sat USING (id) JOIN exams_response r ON r.attempt_id = first.id
     WHERE r.scored GROUP BY first.form_id, r.position
), total AS (
    SELECT form_id, count(*) AS candidates, max(scored_items)::int AS items,
           avg(scored_correct)::float8 AS mean, stddev_samp(scored_correct)::float8 AS deviation,
           var_samp(scored_correct)::float8 AS variance
      FROM first JOIN sat USING (id) GROUP BY form_id
), reliable AS (
    SELECT total.*, total.items / nullif(total.items - 1, 0)::float8
               * (1 - (SELECT sum(item.variance) FROM item WHERE item.form_id = total.form_id)
                      / nullif(total.variance, 0)) AS kr20
      FROM total
), gone AS (
    DELETE FROM results_formstatistics
     WHERE form_id = ANY(%(forms)s::bigint[]) AND form_id NOT IN (SELECT form_id FROM total)
)
INSERT INTO results_formstatistics
       (form_id, computed_at, candidates, items, mean, deviation, kr20, sem)
SELECT form_id, %(now)s, candidates, items, mean, deviation, kr20, deviation * sqrt(1 - kr20)
  FROM reliable
    ON CONFLICT (form_id) DO UPDATE SET
       computed_at = excluded.computed_at, candidates = excluded.candidates,
       items = excluded.items, mean = excluded.mean, deviation = excluded.deviation,
       kr20 = excluded.kr20, sem = excluded.sem
"""  # noqa: S608  # only our own text is put together
