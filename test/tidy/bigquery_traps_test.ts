/** SQL that BigQuery's stand-in computes wrongly, without a word: nobody would notice. */
import { bigQueryFiles } from "./bigquery_tables.ts";
import { at, type Word } from "./sql.ts";
import { tidyTest } from "./tidy.ts";

const PATHS = /^sql\/[^/]+\/bigquery\/[^/]+\.sql$/;
const CLEAN = "sql/rides/bigquery/010_clean_rides.sql";

/** Says what is wrong with a word, or nothing; `inside` is what its brackets hold. */
type Look = (
  word: Word,
  context: { i: number; words: Word[]; inside: Word[] },
) => string | undefined;

function trapRule(look: Look) {
  return (files: Parameters<typeof bigQueryFiles>[0]) =>
    bigQueryFiles(files).flatMap((file) =>
      file.statement_words.flatMap((words) =>
        words.flatMap((word, i) => {
          const wrong = look(word, { i, words, inside: insideOf(words, i) });
          return wrong ? [at(file, word, wrong)] : [];
        })
      )
    );
}

/** The words in the brackets of a call; none where there is no call. */
function insideOf(words: Word[], i: number): Word[] {
  if (words[i + 1]?.text !== "(") return [];
  const rest = words.slice(i + 2);
  const end = rest.findIndex(({ depth }) => depth <= words[i].depth);
  return end < 0 ? rest : rest.slice(0, end);
}

/** The words of a call up to its first comma, those in inner brackets left out. */
function firstArgument(inside: Word[], depth: number): Word[] {
  const own = inside.filter((word) => word.depth === depth + 1);
  const comma = own.findIndex(({ text }) => text === ",");
  return comma < 0 ? own : own.slice(0, comma);
}

const CALLS: Record<string, string> = {
  json_type: "a look at the text",
  parse_timestamp: "timestamp(text, 'UTC')",
  timestamp_diff: "a difference of days or of unix_micros",
  to_json_string: "the values themselves",
};
const WEEK = /^(week|isoweek)$/;
const ROUNDING = /^(round|floor|ceil|trunc|div|sum|count)$/;

tidyTest(
  "calls that the stand-in computes otherwise than BigQuery are not used",
  {
    paths: PATHS,
    rule: trapRule(({ text, depth }, { inside }) => {
      if (!inside.length) return undefined;
      if (CALLS[text]) return `expected ${CALLS[text]}, found ${text}`;
      const texts = inside.map(({ text }) => text);
      if (
        /_(trunc|diff)$/.test(text) && texts.some((text) => WEEK.test(text))
      ) {
        return "expected the arithmetic of a week's Monday, found its name";
      }
      const type = texts.at(-1)!;
      if (text === "safe_cast" && /^(int64|numeric|float64)$/.test(type)) {
        return `expected a pattern before cast, found safe_cast as ${type}`;
      }
      const is_broken = inside.some((word) =>
        word.depth === depth + 1 && /^(\/|\d+\.\d*)$/.test(word.text)
      );
      return text === "cast" && /^(int64|string)$/.test(type) && is_broken &&
          !ROUNDING.test(texts[0])
        ? "expected round before a cast of what may be broken"
        : undefined;
    }),
    bad: [
      [
        {
          [CLEAN]: [
            "select json_type(a),",
            "parse_timestamp('%F', a, 'UTC'),",
            "timestamp_diff(a, b, day),",
            "to_json_string(a),",
            "date_trunc(a, week(monday)),",
            "date_diff(a, b, isoweek),",
            "safe_cast(a as int64),",
            "cast(a / b as int64),",
            "cast(1.0 as string);\n",
          ].join("\n"),
        },
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((line) => `${CLEAN}:${line}`),
      ],
    ],
    good: [{
      [CLEAN]:
        "select safe_cast(a as date), cast(a as int64), cast(round(a / b) as int64), extract(isoweek from a), date_trunc(a, month), json_type;\n",
    }],
  },
);

tidyTest("the fields of a struct have names", {
  paths: PATHS,
  rule: trapRule(({ text, depth }, { inside }) => {
    if (text !== "struct" || !inside.length) return undefined;
    const own = inside.filter((word) => word.depth === depth + 1);
    const fields = own.filter(({ text }) => text === ",").length + 1;
    const names = own.filter(({ text }) => text === "as").length;
    return names < fields
      ? `expected "as" in each of ${fields} fields`
      : undefined;
  }),
  bad: [
    [
      { [CLEAN]: "select struct(a),\nstruct(b as c, d);\n" },
      `${CLEAN}:1`,
      `${CLEAN}:2`,
    ],
  ],
  good: [{
    [CLEAN]:
      "select struct(a as a, cast(b as date) as c), array(select as struct d);\n",
  }],
});

tidyTest(
  "div takes apart a name or a call, for it forgets the brackets of a sum",
  {
    paths: PATHS,
    rule: trapRule(({ text, depth }, { inside }) =>
      text === "div" &&
        firstArgument(inside, depth).some(({ text }) => /^[-+*/]$/.test(text))
        ? "expected a name or a call in front of the comma"
        : undefined
    ),
    bad: [
      [
        { [CLEAN]: "select div(a + 1, 7),\ndiv(f(a) * b, 7);\n" },
        `${CLEAN}:1`,
        `${CLEAN}:2`,
      ],
    ],
    good: [{
      [CLEAN]: "select div(a, b + 1), mod(a + 1, 7), div(f(a + 1), 7);\n",
    }],
  },
);

tidyTest("a text is in single quotes, without escapes but in patterns", {
  paths: PATHS,
  rule: trapRule(({ text, kind }) => {
    if (kind === "word" && text.startsWith('"')) {
      return "expected single quotes: to BigQuery this is a text, not a name";
    }
    if (kind !== "string") return undefined;
    if (/%E/.test(text)) return "expected no %E: it is computed otherwise";
    const is_pattern = /^r/i.test(text);
    return !is_pattern && text.includes("\\") || /\\'$/.test(text)
      ? "expected no escape, or a pattern: r'…'"
      : undefined;
  }),
  bad: [
    [
      {
        [CLEAN]: "select \"a\",\n'\\x1f',\n'%E3S',\nr'a\\',\n'it\\'s';\n",
      },
      ...[1, 2, 3, 4, 5].map((line) => `${CLEAN}:${line}`),
    ],
  ],
  good: [{ [CLEAN]: "select r'\\d+', 'a', chr(31), `a`;\n" }],
});

tidyTest("the name of an offset stays in its own select, under another name", {
  paths: PATHS,
  rule: trapRule(({ text, depth }, { i, words }) => {
    const offset = words.find((word, i) =>
      word.text === text && words[i - 1]?.text === "as" &&
      words[i - 2]?.text === "offset"
    );
    if (!offset || words[i - 1]?.text === ".") return undefined;
    if (depth < offset.depth) return `expected another name than "${text}"`;
    return depth === offset.depth &&
        /^(select|,)$/.test(words[i - 1]?.text ?? "") &&
        /^(,|from)$/.test(words[i + 1]?.text ?? "")
      ? 'expected "as" and another name'
      : undefined;
  }),
  bad: [
    [
      {
        [CLEAN]:
          "select place\nfrom (\nselect a, place\nfrom unnest(b) as a with offset as place);\n",
      },
      `${CLEAN}:1`,
      `${CLEAN}:3`,
    ],
  ],
  good: [{
    [CLEAN]:
      "select place from (select a, number as place, min(number) as first from unnest(b) as a with offset as number where number > 0 group by number);\n",
  }],
});
