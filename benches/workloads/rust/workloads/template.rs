//! Templates: minijinja renders a page with loops, filters, macros and inheritance, `n` times.

use minijinja::{Environment, context};
use wasmote_workloads::{Random, checksum};

const BASE: &str =
    "<!doctype html><title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}";
const PAGE: &str = r#"{% extends "base" %}
{% macro cell(value, wide=false) %}<td{% if wide %} colspan=2{% endif %}>{{ value }}</td>{% endmacro %}
{% block title %}{{ title|title }} & more{% endblock %}
{% block body %}<table>
{%- for row in rows if row.amount > 100 %}
<tr class="{{ loop.cycle('odd', 'even') }}">{{ cell(loop.index) }}{{ cell(row.name|upper) }}
{{- cell(row.note|replace("the", "<the>")|trim, wide=loop.first) }}{{ cell((row.amount * 1.19)|round(2)) }}</tr>
{%- else %}<tr><td>nothing</td></tr>{% endfor %}
</table>{{ rows|map(attribute="amount")|sum }} {{ rows|map(attribute="name")|unique|sort|join(", ") }}{% endblock %}"#;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut environment = Environment::new();
    environment.add_template("base", BASE).unwrap();
    environment.add_template("page.html", PAGE).unwrap();
    let template = environment.get_template("page.html").unwrap();
    let mut random = Random::new(1);
    let mut sum = 0;
    for _ in 0..n {
        let rows: Vec<_> = (0..40)
            .map(|_| {
                context! { name => random.word(), note => random.sentence(), amount => random.below(1000) }
            })
            .collect();
        let page = template
            .render(context! { title => random.sentence(), rows })
            .unwrap();
        sum = checksum(sum, page.as_bytes());
    }
    sum
}
