/** A jsonpath as PostgreSQL prints it. */
import { quoteJson } from "../json/jsonb-value.js";
import type { JsonPath, PathNode, PathStep } from "./syntax.js";

export function printJsonPath(path: JsonPath): string {
  return (path.lax ? "" : "strict ") + printNode(path.expression, true);
}

/** How tightly an operator binds, looking at the head alone as PostgreSQL does. */
function priority(node: PathNode): number {
  switch (node.kind) {
    case "or":
      return 0;
    case "and":
      return 1;
    case "comparison":
    case "startsWith":
      return 2;
    case "arithmetic":
      return node.operator === "+" || node.operator === "-" ? 3 : 4;
    case "sign":
      return 5;
    default:
      return 6;
  }
}

function printNode(node: PathNode, brackets: boolean): string {
  return printHead(node, brackets) + node.steps.map(printStep).join("");
}

function printHead(node: PathNode, brackets: boolean): string {
  const within = (text: string) => (brackets ? `(${text})` : text);
  const operand = (inner: PathNode) => printNode(inner, priority(inner) <= priority(node));
  switch (node.kind) {
    case "root":
      return "$";
    case "current":
      return "@";
    case "last":
      return "last";
    case "null":
      return "null";
    case "bool":
      return String(node.value);
    case "number":
      // Bare, its dot and that of an accessor would run together.
      return node.steps.length > 0 ? `(${node.text})` : node.text;
    case "string":
      return quoteJson(node.value);
    case "variable":
      return `$${quoteJson(node.value)}`;
    case "arithmetic":
    case "comparison":
      return within(`${operand(node.left)} ${node.operator} ${operand(node.right)}`);
    case "and":
    case "or":
      return within(`${operand(node.left)} ${node.kind === "and" ? "&&" : "||"} ${operand(node.right)}`);
    case "startsWith":
      return within(`${operand(node.left)} starts with ${operand(node.right)}`);
    case "sign":
      return within(`${node.operator}${operand(node.arg)}`);
    case "likeRegex":
      return within(
        `${operand(node.left)} like_regex ${quoteJson(node.pattern)}${node.flags === "" ? "" : ` flag ${quoteJson(node.flags)}`}`,
      );
    case "not":
      return `!(${printNode(node.arg, false)})`;
    case "isUnknown":
      return `(${printNode(node.arg, false)}) is unknown`;
    case "exists":
      return `exists (${printNode(node.arg, false)})`;
  }
}

function printStep(step: PathStep): string {
  switch (step.kind) {
    case "key":
      return `.${quoteJson(step.key)}`;
    case "anyKey":
      return ".*";
    case "anyArray":
      return "[*]";
    case "subscripts":
      return `[${step.subscripts.map(({ from, to }) => printNode(from, false) + (to === undefined ? "" : ` to ${printNode(to, false)}`)).join(",")}]`;
    case "descend":
      return `.**${printLevels(step.first, step.last)}`;
    case "method":
      return `.${step.method}()`;
    case "datetime":
      return `.datetime(${step.template === undefined ? "" : quoteJson(step.template)})`;
    case "filter":
      return `?(${printNode(step.predicate, false)})`;
  }
}

function printLevels(first: number, last: number): string {
  const level = (value: number) => (value === Number.POSITIVE_INFINITY ? "last" : String(value));
  if (first === 0 && last === Number.POSITIVE_INFINITY) return "";
  return first === last ? `{${level(first)}}` : `{${level(first)} to ${level(last)}}`;
}
