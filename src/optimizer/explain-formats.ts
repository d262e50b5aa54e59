/** EXPLAIN's plan as JSON, YAML or XML: the same properties in the shapes that PostgreSQL gives them (explain.c, ExplainProperty…). */
type Properties = Readonly<Record<string, unknown>>;

export function formatPlan(plan: Properties, format: "json" | "xml" | "yaml"): string[] {
  switch (format) {
    case "json":
      return ["[", ...jsonObject(plan, 1), "]"];
    case "yaml":
      return yamlObject(plan, 0, "- ");
    case "xml":
      return ['<explain xmlns="http://www.postgresql.org/2009/explain">', ...xmlObject("Query", plan, 1), "</explain>"];
  }
}

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null && !Array.isArray(value);
const isGroup = (value: unknown): value is readonly Properties[] => Array.isArray(value) && value.every(isObject);

function jsonObject(object: Properties, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const parts = Object.entries(object).map(([key, value]): string[] => {
    const name = `${indent}  ${JSON.stringify(key)}: `;
    if (isObject(value)) {
      const [, ...rest] = jsonObject(value, depth + 1);
      return [`${name}{`, ...rest];
    }
    if (isGroup(value)) {
      const items = value.map((item) => jsonObject(item, depth + 2));
      return [`${name}[`, ...joined(items), `${indent}  ]`];
    }
    return [name + (Array.isArray(value) ? `[${value.map((v) => JSON.stringify(v)).join(", ")}]` : JSON.stringify(value))];
  });
  return [`${indent}{`, ...joined(parts), `${indent}}`];
}
/** Blocks of lines with commas between. */
function joined(blocks: readonly (readonly string[])[]): string[] {
  return blocks.flatMap((lines, i) => (i === blocks.length - 1 ? lines : [...lines.slice(0, -1), `${lines.at(-1)},`]));
}

function yamlObject(object: Properties, depth: number, first: string): string[] {
  const indent = "  ".repeat(depth);
  const lines = Object.entries(object).flatMap(([key, value]): string[] => {
    const name = `${indent}  ${key}:`;
    if (isObject(value)) return [`${name} `, ...yamlObject(value, depth + 1, "  ")];
    if (isGroup(value)) return [`${name} `, ...value.flatMap((item) => yamlObject(item, depth + 2, "- "))];
    if (Array.isArray(value)) return [`${name} `, ...value.map((v) => `${indent}    - ${yamlScalar(v)}`)];
    return [`${name} ${yamlScalar(value)}`];
  });
  if (lines.length > 0 && first === "- ") lines[0] = `${indent}- ${(lines[0] as string).trimStart()}`;
  return lines;
}
const yamlScalar = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

const xmlName = (key: string): string => key.replaceAll(/[^A-Za-z0-9_.-]/g, "-");
const xmlText = (value: unknown): string =>
  String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#x0d;");
function xmlObject(tag: string, object: Properties, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const lines = Object.entries(object).flatMap(([key, value]): string[] => {
    const name = xmlName(key);
    if (isObject(value)) return xmlObject(name, value, depth + 1);
    if (isGroup(value)) {
      const items = value.flatMap((item) => xmlObject(name.replace(/s$/, ""), item, depth + 2));
      return [`${indent}  <${name}>`, ...items, `${indent}  </${name}>`];
    }
    if (Array.isArray(value))
      return [`${indent}  <${name}>`, ...value.map((v) => `${indent}    <Item>${xmlText(v)}</Item>`), `${indent}  </${name}>`];
    return [`${indent}  <${name}>${xmlText(value)}</${name}>`];
  });
  return [`${indent}<${tag}>`, ...lines, `${indent}</${tag}>`];
}
