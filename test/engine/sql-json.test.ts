/**
 * SQL/JSON of PostgreSQL 16 and 17, which the judge (15) does not know: answers are from its manual (functions-json, functions-aggregate) and
 * from the error texts of its sources.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase;
let session: EngineSession;
beforeAll(async () => {
  database = await openTestDatabase();
  session = openTestSession(database);
});
afterAll(() => database.close());

type Rows = readonly (readonly (string | null)[])[];
/** An answer, or SQLSTATE and message of the error. */
type Case = readonly [sql: string, answer: Rows | string];
const outcome = (sql: string): Promise<Rows | string> =>
  run(session, sql).then(
    (answer) => answer.rows,
    (error) => `${error.fields.sqlstate} ${error.fields.message}`,
  );
const check = (name: string, cases: readonly Case[]) =>
  describe(name, () => {
    test.each(cases)("%s", async (sql, answer) => {
      expect(await outcome(sql)).toEqual(answer);
    });
  });

check("constructors", [
  ["select json_object('code' value 'P123', 'title' : 'Jaws')", [['{"code" : "P123", "title" : "Jaws"}']]],
  ["select json_object('a': null, 'b': 1 absent on null), json_object('a': null), json_object()", [['{"b" : 1}', '{"a" : null}', "{}"]]],
  ["select json_object('a': '[1]' format json, 'b': '[1]'), json_object('a': '1'::jsonb)", [['{"a" : [1], "b" : "[1]"}', '{"a": 1}']]],
  ["select json_object('a': 1, 'a': 2), json_object('a': 1, 'a': 2 returning jsonb)", [['{"a" : 1, "a" : 2}', '{"a": 2}']]],
  ["select json_object('a': 1, 'a': null absent on null with unique keys)", '22030 duplicate JSON object key value: "a"'],
  ["select json_object('a': 1, 'a': 2 with unique keys returning jsonb)", "22030 duplicate JSON object key value"],
  ["select json_object(null: 1)", "22004 null value not allowed for object key"],
  ["select json_object('a': 1 format json)", "42804 cannot use non-string types with explicit FORMAT JSON clause"],
  ["select json_object('a': 1 returning int)", "42846 cannot cast type json to integer"],
  ["select json_object('a': 1 returning bytea)", [["\\x7b226122203a20317d"]]],
  ["select json_array(1, true, json '{\"a\":null}')", [['[1, true, {"a":null}]']]],
  ["select json_array(1, null, 'x'), json_array(1, null null on null returning jsonb), json_array()", [['[1, "x"]', "[1, null]", "[]"]]],
  ["select json_array(select * from (values (1), (null), (2)) t(x)), json_array(select 1 where false)", [["[1, 2]", null]]],
  ["select json_array(select 1, 2)", "42601 subquery must return only one column"],
  ['select json(\'{"a":123, "b":[true,"foo"], "a":"bar"}\')', [['{"a":123, "b":[true,"foo"], "a":"bar"}']]],
  ['select json(\'{"a": 1, "a": 2}\' with unique keys)', "22030 duplicate JSON object key value"],
  [
    "select json_scalar(123.45), json_scalar(current_date = current_date), json_scalar('a'), json_scalar(null)",
    [["123.45", "true", '"a"', null]],
  ],
  [
    "select json_serialize('{ \"a\" : 1 } '), json_serialize('{ \"a\" : 1 } ' returning bytea)",
    [['{ "a" : 1 } ', "\\x7b20226122203a2031207d20"]],
  ],
  ["select json_serialize('1' returning int)", "42804 cannot use type integer in RETURNING clause of JSON_SERIALIZE()"],
  ["select json('1' format json encoding utf8)", "42804 JSON ENCODING clause is only allowed for bytea input type"],
  ["select json('\\x31'::bytea format json encoding utf16)", "0A000 unsupported JSON encoding"],
]);

check("aggregates", [
  [
    "select json_objectagg(k: v), json_objectagg(k: v absent on null), json_arrayagg(v), json_arrayagg(v order by k desc null on null) from (values ('a', 1), ('b', null)) t(k, v)",
    [['{ "a" : 1, "b" : null }', '{ "a" : 1 }', "[1]", "[null, 1]"]],
  ],
  ["select json_objectagg(k: 1 with unique keys) from (values ('a'), ('a')) t(k)", '22030 duplicate JSON object key value: "a"'],
  [
    "select json_objectagg(k: 1 returning jsonb), json_arrayagg(k returning text) from (values ('a'), ('a')) t(k)",
    [['{"a": 1}', '["a", "a"]']],
  ],
  ["select json_arrayagg(x) filter (where x > 1), json_arrayagg(null::int) from generate_series(1, 3) x", [["[2, 3]", "[]"]]],
  ["select json_arrayagg(x) from generate_series(1, 0) x", [[null]]],
  ["select json_arrayagg(x) over (order by x) from generate_series(1, 2) x", [["[1]"], ["[1, 2]"]]],
  ["select json_arrayagg(count(*)) from generate_series(1, 2)", "42803 aggregate function calls cannot be nested"],
]);

check("IS JSON", [
  [
    `select js, js is json, js is json scalar, js is json object, js is json array
       from (values ('123'), ('"abc"'), ('{"a": "b"}'), ('[1,2]'), ('abc'), (null)) foo(js)`,
    [
      ["123", "t", "t", "f", "f"],
      ['"abc"', "t", "t", "f", "f"],
      ['{"a": "b"}', "t", "f", "t", "f"],
      ["[1,2]", "t", "f", "f", "t"],
      ["abc", "f", "f", "f", "f"],
      [null, null, null, null, null],
    ],
  ],
  [
    `select js is json object, js is json array, js is json array without unique keys, js is json array with unique keys
       from (values ('[{"a":"1"}, {"b":"2","b":"3"}]')) foo(js)`,
    [["f", "t", "t", "f"]],
  ],
  ["select '{' is not json, '\\x5b5d'::bytea is json array, jsonb '1' is json", [["t", "t", "t"]]],
  ["select 1 is json", "42804 cannot use type integer in IS JSON predicate"],
]);

check("JSON_EXISTS", [
  ["select json_exists(jsonb '{\"key1\": [1,2,3]}', 'strict $.key1[*] ? (@ > $x)' passing 2 as x)", [["t"]]],
  ["select json_exists(jsonb '{\"a\": [1,2,3]}', 'lax $.a[5]' error on error)", [["f"]]],
  ["select json_exists(jsonb '{\"a\": [1,2,3]}', 'strict $.a[5]' error on error)", "22033 jsonpath array subscript is out of bounds"],
  [
    "select json_exists('[1]', 'strict $[5]'), json_exists('[1]', 'strict $[5]' unknown on error), json_exists(null, '$')",
    [["f", null, null]],
  ],
  ["select json_exists('1', '$' null on error)", "42601 invalid ON ERROR behavior"],
  ["select json_exists('1', '$x')", '42704 could not find jsonpath variable "x"'],
]);

check("JSON_VALUE", [
  ["select json_value(jsonb '\"123.45\"', '$' returning float)", [["123.45"]]],
  ["select json_value(jsonb '\"03:04 2015-02-01\"', '$.datetime(\"HH24:MI YYYY-MM-DD\")' returning date)", [["2015-02-01"]]],
  ["select json_value(jsonb '[1,2]', 'strict $[$off]' passing 1 as off)", [["2"]]],
  ["select json_value(jsonb '[1,2]', 'strict $[*]' default 9 on error)", [["9"]]],
  ["select json_value('{\"a\": null}', '$.a'), json_value('{}', '$.a'), json_value('{}', '$.a' default 'x' on empty)", [[null, null, "x"]]],
  ["select json_value('{}', '$.a' error on empty)", "22035 no SQL/JSON item found for specified path"],
  ["select json_value('[1,2]', '$[*]' error on error)", "22034 JSON path expression in JSON_VALUE must return single scalar item"],
  ["select json_value('[1,2]', '$' error on error)", "2203F JSON path expression in JSON_VALUE must return single scalar item"],
  ["select json_value('\"x\"', '$' returning int), json_value('\"x\"', '$' returning int default 1 + 1 on error)", [[null, "2"]]],
  ["select json_value('\"x\"', '$' returning int error on error)", '22P02 invalid input syntax for type integer: "x"'],
  [
    "select json_value('\"abc\"', '$' returning jsonb), json_value('\"abc\"', '$' returning varchar(2) default 'no' on error)",
    [['"abc"', "no"]],
  ],
  ["select json_value('1', '$ + $d' passing 2.5 as d), json_value('1', '$d' passing date '2020-01-02' as d)", [["3.5", "2020-01-02"]]],
  ["select json_value('1', '$' empty array on empty)", "42601 invalid ON EMPTY behavior"],
  [
    "select json_value('1', '$' default a on empty) from (values ('1')) t(a)",
    "42804 DEFAULT expression must not contain column references",
  ],
]);

check("JSON_QUERY", [
  ["select json_query(jsonb '[1,[2,3],null]', 'lax $[*][$off]' passing 1 as off with conditional wrapper)", [["3"]]],
  ["select json_query(jsonb '{\"a\": \"[1, 2]\"}', 'lax $.a' omit quotes)", [["[1, 2]"]]],
  [
    "select json_query(jsonb '{\"a\": \"[1, 2]\"}', 'lax $.a' returning int[] omit quotes error on error)",
    '22P02 malformed array literal: "[1, 2]"',
  ],
  ["select json_query('\"a\"', '$' returning text), json_query('\"a\"', '$' returning text omit quotes)", [['"a"', "a"]]],
  [
    "select json_query('[1,2]', '$[*]' with wrapper), json_query('[1,2]', '$[*]'), json_query('[1,2]', '$' returning int[])",
    [["[1, 2]", null, "{1,2}"]],
  ],
  ["select json_query('{}', '$.a' empty array on empty), json_query('{}', '$.a' returning text empty object on empty)", [["[]", "{}"]]],
  ["select json_query('{}', '$.a' returning int[] empty array on empty)", [["{}"]]],
  [
    "select json_query('[1,2]', '$[*]' error on error)",
    "22034 JSON path expression in JSON_QUERY must return single item when no wrapper is requested",
  ],
  [
    "select json_query('1', '$' with wrapper omit quotes)",
    "42601 SQL/JSON QUOTES behavior must not be specified when WITH WRAPPER is used",
  ],
]);

const FILMS = `'{ "favorites" : [
   { "kind" : "comedy", "films" : [ { "title" : "Bananas", "director" : "Woody Allen"}, { "title" : "The Dinner Game", "director" : "Francis Veber" } ] },
   { "kind" : "horror", "films" : [ { "title" : "Psycho", "director" : "Alfred Hitchcock" } ] },
   { "kind" : "thriller", "films" : [ { "title" : "Vertigo", "director" : "Alfred Hitchcock" } ] },
   { "kind" : "drama", "films" : [ { "title" : "Yojimbo", "director" : "Akira Kurosawa" } ] } ] }'`;
check("JSON_TABLE", [
  [
    `select * from json_table(${FILMS}, '$.favorites[*]' columns (id for ordinality, kind text path '$.kind',
       title text path '$.films[*].title' with wrapper, director text path '$.films[*].director' with wrapper)) as jt`,
    [
      ["1", "comedy", '["Bananas", "The Dinner Game"]', '["Woody Allen", "Francis Veber"]'],
      ["2", "horror", '["Psycho"]', '["Alfred Hitchcock"]'],
      ["3", "thriller", '["Vertigo"]', '["Alfred Hitchcock"]'],
      ["4", "drama", '["Yojimbo"]', '["Akira Kurosawa"]'],
    ],
  ],
  [
    `select * from json_table(${FILMS}, '$.favorites[*] ? (@.films[*].director == $filter)' passing 'Alfred Hitchcock' as filter, 'Vertigo' as filter2
       columns (id for ordinality, kind text path '$.kind', nested path '$.films[*] ? (@.title == $filter2)' columns (
         title text format json path '$.title' omit quotes, director text path '$.director' keep quotes))) as jt`,
    [
      ["1", "horror", null, null],
      ["2", "thriller", "Vertigo", '"Alfred Hitchcock"'],
    ],
  ],
  [
    `select * from json_table('{"favorites": {"movies": [{"name": "One", "director": "John Doe"}, {"name": "Two", "director": "Don Joe"}],
         "books": [{"name": "Mystery", "authors": [{"name": "Brown Dan"}]}, {"name": "Wonder", "authors": [{"name": "Jun Murakami"}, {"name": "Craig Doe"}]}]}}'::json,
       '$.favorites[*]' columns (user_id for ordinality,
         nested '$.movies[*]' columns (movie_id for ordinality, mname text path '$.name', director text),
         nested '$.books[*]' columns (book_id for ordinality, bname text path '$.name',
           nested '$.authors[*]' columns (author_id for ordinality, author_name text path '$.name'))))`,
    [
      ["1", "1", "One", "John Doe", null, null, null, null],
      ["1", "2", "Two", "Don Joe", null, null, null, null],
      ["1", null, null, null, "1", "Mystery", "1", "Brown Dan"],
      ["1", null, null, null, "2", "Wonder", "1", "Jun Murakami"],
      ["1", null, null, null, "2", "Wonder", "2", "Craig Doe"],
    ],
  ],
  [
    "select * from json_table('[{\"a\":1},{\"b\":2}]', '$[*]' columns (a int exists path '$.a', b bool exists, c jsonb path '$', d int path '$.a' default 7 on empty))",
    [
      ["1", "f", '{"a": 1}', "1"],
      ["0", "t", '{"b": 2}', "7"],
    ],
  ],
  [
    "select t.m, j.* from generate_series(1, 2) n cross join lateral (select n as m) t, json_table(jsonb_build_array(m, m * 10), '$[*]' columns (v int path '$')) j order by 1, 2",
    [
      ["1", "1"],
      ["1", "10"],
      ["2", "2"],
      ["2", "20"],
    ],
  ],
  ["select * from json_table(null, '$[*]' columns (a int))", []],
  ["select * from json_table('1', 'strict $.a' columns (a int))", []],
  [
    "select * from json_table('1', 'strict $.a' columns (a int) error on error)",
    "2203A jsonpath member accessor can only be applied to an object",
  ],
  ["select * from json_table('{}', '$' columns (a int error on empty))", '22035 no SQL/JSON item found for specified path of column "a"'],
  ["select * from json_table('1', '$' columns (a int, a text))", "42712 duplicate JSON_TABLE column or path name: a"],
  ["select * from json_table('1', '$' columns (a for ordinality, b for ordinality))", "42601 only one FOR ORDINALITY column is allowed"],
]);

test("a view keeps the text of SQL/JSON", async () => {
  const sql = `select JSON_OBJECT('a' VALUE 1 ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb) AS o, JSON_QUERY('[1]', '$' WITH UNCONDITIONAL WRAPPER EMPTY ARRAY ON EMPTY) AS q,
    jt.* FROM JSON_TABLE('[1, 2]', '$[*]' AS p PASSING 1 AS x COLUMNS (i FOR ORDINALITY, v int PATH '$ + $x' DEFAULT 3 ON ERROR, NESTED PATH '$' COLUMNS (w text FORMAT JSON PATH '$' KEEP QUOTES))) jt
    WHERE '1' IS JSON SCALAR`;
  await run(session, `create view j as ${sql}`);
  const expected = (await run(session, sql)).rows;
  expect(expected).toEqual([
    ['{"a": 1}', "[[1]]", "1", "2", "1"],
    ['{"a": 1}', "[[1]]", "2", "3", "2"],
  ]);
  expect((await run(session, "select * from j")).rows).toEqual(expected);
  const [[text]] = (await run(session, "select pg_get_viewdef('j')")).rows as [[string]];
  expect((await run(session, text)).rows).toEqual(expected);
});
