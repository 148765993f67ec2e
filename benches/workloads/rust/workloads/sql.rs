//! SQL: `n` scripts of 60 statements are parsed, and written again from their syntax trees.

use sqlparser::{dialect::GenericDialect, parser::Parser};
use wasmote_workloads::{Random, checksum};

fn script(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut script = String::new();
    for statement in 0..60 {
        let (word, name, number) = (random.word(), random.word(), random.below(1000));
        script += &match statement % 6 {
            0 => format!(
                "CREATE TABLE t_{word} (id INTEGER PRIMARY KEY, c_{name} VARCHAR({number}) NOT NULL DEFAULT '{word}');"
            ),
            1 => format!(
                "INSERT INTO t_{word} (id, c_{name}) VALUES ({number}, '{name}'), ({number} + 1, NULL);"
            ),
            2 => format!(
                "SELECT a.id, COUNT(*) AS n, SUM(b.c_{name} * 1.5) FROM t_{word} a LEFT JOIN t_{name} b ON a.id = b.a_id
                 WHERE a.c_{name} LIKE '%{word}%' AND (b.id BETWEEN 1 AND {number} OR b.id IS NULL)
                 GROUP BY a.id HAVING COUNT(*) > 2 ORDER BY n DESC, a.id LIMIT 10 OFFSET {number};"
            ),
            3 => format!(
                "UPDATE t_{word} SET c_{name} = CASE WHEN id % 2 = 0 THEN UPPER('{name}') ELSE c_{name} || '!' END
                 WHERE id IN (SELECT a_id FROM t_{name} WHERE NOT EXISTS (SELECT 1 FROM t_{word} WHERE id > {number}));"
            ),
            4 => format!(
                "WITH RECURSIVE r_{word} AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r_{word} WHERE x < {number})
                 SELECT x, RANK() OVER (PARTITION BY x % 3 ORDER BY x DESC) FROM r_{word};"
            ),
            _ => format!("DELETE FROM t_{word} WHERE id = -{number} OR c_{name} IN ('{word}', '{name}', '');"),
        };
    }
    script
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        for statement in Parser::parse_sql(&GenericDialect {}, &script(i as u64)).unwrap() {
            sum = checksum(sum, statement.to_string().as_bytes());
        }
    }
    sum
}
