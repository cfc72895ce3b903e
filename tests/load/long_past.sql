-- One candidate: closed attempts of 50 questions each, a third of them right.
INSERT INTO exams_attempt (id, user_id, exam_id, mode, seed, extra_time, started_at, deadline, epoch,
                           closed_at, close_reason, scored_correct, scored_items, scaled_score, passed)
SELECT gen_random_uuid(), %(user)s, e.id, 'mock', n, 'none', now() - n * interval '1 day',
       now() - n * interval '1 day' + interval '2 hours', 1,
       now() - n * interval '1 day' + interval '1 hour', 'submitted', 16, 50, 400, false
  FROM questions_exam e, generate_series(1, %(attempts)s) n WHERE e.slug = 'huge';
INSERT INTO exams_response (attempt_id, position, question_id, version_id, task_id, scored,
                            option_order, answer, flagged, epoch, rev, is_correct)
SELECT a.id, p, q.id, q.published_id, v.task_id, true, '{a,b,c}', '{a}', p %% 10 = 0, 1, 1,
       p %% 3 = 0
  FROM (SELECT id, row_number() OVER () AS n FROM exams_attempt WHERE user_id = %(user)s) a
 CROSS JOIN generate_series(1, 50) p
  JOIN questions_question q ON q.slug = 'q' || (1 + (a.n * 331 + p * 1999) %% %(questions)s)
  JOIN questions_questionversion v ON v.id = q.published_id
    ON CONFLICT DO NOTHING;
INSERT INTO exams_reviewcard (user_id, question_id, due, state, stability, difficulty, last_review)
SELECT DISTINCT ON (r.question_id) %(user)s, r.question_id, now(), 2, 3, 5, now()
  FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
 WHERE a.user_id = %(user)s AND NOT r.is_correct;
