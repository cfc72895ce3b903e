-- A bank beside the real one, made in seconds: what its questions say is all alike.
INSERT INTO questions_exam (slug, code, title, items, scored_items, minutes, scale_min, scale_max,
                            pass_mark, kinds, notice, content_digest)
SELECT 'huge', 'HUGE', 'A huge bank', items, scored_items, minutes, scale_min, scale_max,
       pass_mark, kinds, '', '' FROM questions_exam WHERE slug = 'mla-c01';
INSERT INTO questions_domain (exam_id, code, title, weight)
SELECT e.id, d.code, d.title, d.weight FROM questions_domain d, questions_exam e
 WHERE e.slug = 'huge' AND d.exam_id = (SELECT id FROM questions_exam WHERE slug = 'mla-c01');
INSERT INTO questions_task (domain_id, code, title)
SELECT n.id, t.code, t.title FROM questions_task t
  JOIN questions_domain o ON o.id = t.domain_id
  JOIN questions_exam oe ON oe.id = o.exam_id AND oe.slug = 'mla-c01'
  JOIN questions_domain n ON n.code = o.code
  JOIN questions_exam ne ON ne.id = n.exam_id AND ne.slug = 'huge';
INSERT INTO questions_question (exam_id, slug, loaded_digest, created_at)
SELECT e.id, 'q' || n, '', now() FROM questions_exam e, generate_series(1, %(questions)s) n
 WHERE e.slug = 'huge';
INSERT INTO questions_questionversion
       (question_id, number, kind, task_id, difficulty, stem, stem_html, options, prompts,
        rationales, key, key_size, "references", verified, enemies, lint, digest, source, created_at)
SELECT q.id, 1, 'choice', tasks.ids[1 + q.id %% array_length(tasks.ids, 1)], 2, 'S', '<p>S</p>',
       '[{"id": "a", "html": ""}, {"id": "b", "html": ""}, {"id": "c", "html": ""}]',
       '[]', '{}', '{b}', 1, '{}', now(), '{}', '{}', q.slug, 'file', now()
  FROM questions_question q
  JOIN questions_exam e ON e.id = q.exam_id AND e.slug = 'huge',
       (SELECT array_agg(t.id) AS ids FROM questions_task t
          JOIN questions_domain d ON d.id = t.domain_id
          JOIN questions_exam e ON e.id = d.exam_id AND e.slug = 'huge') tasks;
UPDATE questions_question q SET published_id = v.id
  FROM questions_questionversion v, questions_exam e
 WHERE v.question_id = q.id AND e.id = q.exam_id AND e.slug = 'huge';
