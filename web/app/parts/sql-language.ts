// Flink's SQL for the editor: words to colour and to complete. What is right or wrong is said by Flink's planner.
import { type Completion, type CompletionContext, completeFromList, ifNotIn } from '@codemirror/autocomplete';
import { SQLDialect, sql } from '@codemirror/lang-sql';
import type { Extension } from '@codemirror/state';

const KEYWORDS = `add after all alter always analyze and any array as asc before begin between both by bytes call cascade case cast catalog
catalogs changelog_mode column columns comment compile computed constraint constraints create cross cumulate current cursor database databases
day dec declare default define delete desc describe descriptor deterministic distinct distribution drop else enforced end escape estimated_cost
except exclude excluding execute exists explain extended extract false fetch first following for from full function functions generated grant
group grouping groups hash having hop hour identity if ilike in include including inner insert intersect interval into is jar jars jdbc join
json_execution_plan key language last lateral leading left like limit load local localtime localtimestamp map match_recognize matched
materialized measures merge metadata method minute model models module modules modify month multiset natural next not null nulls of offset on
only or order outer over overlaps overwrite overwriting partition partitioned partitions pattern per percent period persisted plan plan_advice
position preceding primary procedures python qualify range read recursive refresh remove rename replace reset respect right rollup row
row_number rows scala schema second select session set sets show similar skip some start statement strict suspend resume freshness system
system_time table tables tablesample temporary test then ties to trailing transaction true truncate try_cast tumble unbounded union unique
unknown unload unnest update use user using values varying view views virtual watermark watermarks when where window with within without
year year_to_month zone`;

const TYPES = `bigint binary boolean bytes char character date decimal double float int integer interval map multiset numeric raw row smallint
string time timestamp timestamp_ltz tinyint varbinary varchar variant array`;

const FUNCTIONS = `abs array_agg ascii avg bin ceil ceiling char_length chr coalesce concat concat_ws convert_tz count cume_dist current_date
current_row_timestamp current_time current_timestamp current_watermark date_format dayofmonth dayofweek dayofyear decode dense_rank element
encode exp first_value floor from_base64 from_unixtime greatest hour if ifnull initcap instr is_digit is_alpha json_array json_exists
json_object json_query json_string json_value lag last_value lead least left length listagg ln localtime log log10 log2 lower lpad ltrim max
md5 min minute mod month now ntile nullif octet_length parse_url percent_rank pi position power proctime quarter rand rand_integer rank regexp
regexp_extract regexp_replace repeat replace reverse right round row_number rpad rtrim second sha1 sha2 sha256 sign sin split_index sqrt
stddev_pop stddev_samp str_to_map substr substring sum timestampadd timestampdiff to_base64 to_date to_timestamp to_timestamp_ltz trim
typeof unix_timestamp upper uuid var_pop var_samp week year`;

const words = (text: string) => text.split(/\s+/);

const FlinkSql = SQLDialect.define({
  keywords: KEYWORDS.replaceAll(/\s+/g, ' '),
  types: TYPES.replaceAll(/\s+/g, ' '),
  builtin: FUNCTIONS.replaceAll(/\s+/g, ' '),
  identifierQuotes: '`',
  hashComments: false,
  slashComments: false,
  doubleQuotedStrings: false,
  operatorChars: '*+-%<>!=&|~^/',
});

const NAMED = /\bcreate\s+(?:temporary\s+)?(?:table|view|function)\s+(?:if\s+not\s+exists\s+)?([\w.`]+)/gi;
const QUIET_PLACES = ['String', 'LineComment', 'BlockComment', 'QuotedIdentifier'];

/** Tables, views and functions that the script itself makes. */
export function namesIn(script: string): string[] {
  return [...new Set([...script.matchAll(NAMED)].map((match) => (match[1] ?? '').replaceAll('`', '')))];
}

const options: Completion[] = [
  ...words(FUNCTIONS).map((word) => ({ label: word.toUpperCase(), type: 'function', apply: `${word.toUpperCase()}(` })),
];

function scriptNames(context: CompletionContext) {
  const word = context.matchBefore(/[\w.]+/);
  if (!word && !context.explicit) return null;
  const names = namesIn(context.state.doc.toString());
  return { from: word?.from ?? context.pos, options: names.map((label) => ({ label, type: 'class', boost: 10 })), validFor: /^[\w.]*$/ };
}

export function flinkSql(): Extension {
  const language = sql({ dialect: FlinkSql, upperCaseKeywords: true });
  return [
    language,
    FlinkSql.language.data.of({ autocomplete: ifNotIn(QUIET_PLACES, completeFromList(options)) }),
    FlinkSql.language.data.of({ autocomplete: ifNotIn(QUIET_PLACES, scriptNames) }),
  ];
}
