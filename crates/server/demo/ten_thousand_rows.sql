-- A bounded source: the job finishes by itself and is not started again.
CREATE TABLE numbers (
  n BIGINT
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '1000',
  'fields.n.kind' = 'sequence',
  'fields.n.start' = '1',
  'fields.n.end' = '10000'
);

CREATE TABLE even_numbers (
  n      BIGINT,
  square BIGINT
) WITH (
  'connector' = 'blackhole'
);

INSERT INTO even_numbers
SELECT n, n * n FROM numbers WHERE MOD(n, 2) = 0;
