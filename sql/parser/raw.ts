/**
 * The JSON that libpg-query prints: every node is `{ Kind: { fields } }`, zero and false fields are left out.
 * Only the conversion files read it, through these accessors.
 */
export type RawValue = string | number | boolean | RawNode | readonly RawValue[] | undefined;
export interface RawNode {
  readonly [field: string]: RawValue;
}

const EMPTY_LIST: readonly RawNode[] = [];
const EMPTY_NODE: RawNode = {};

/** The kind of a wrapped node. */
export function kindOf(wrapped: RawNode): string {
  for (const kind in wrapped) return kind;
  return "";
}
/** The fields of a wrapped node. */
export function bodyOf(wrapped: RawNode): RawNode {
  for (const kind in wrapped) return (wrapped[kind] as RawNode | undefined) ?? EMPTY_NODE;
  return EMPTY_NODE;
}
export const child = (raw: RawNode, field: string): RawNode | undefined => raw[field] as RawNode | undefined;
export const list = (raw: RawNode, field: string): readonly RawNode[] => (raw[field] as readonly RawNode[] | undefined) ?? EMPTY_LIST;
export const text = (raw: RawNode, field: string): string => (raw[field] as string | undefined) ?? "";
export const optionalText = (raw: RawNode, field: string): string | undefined => raw[field] as string | undefined;
export const integer = (raw: RawNode, field: string): number => (raw[field] as number | undefined) ?? 0;
export const flag = (raw: RawNode, field: string): boolean => raw[field] === true;
/** A wrapped String node. */
export const stringOf = (wrapped: RawNode): string => text(bodyOf(wrapped), "sval");
export const strings = (raw: RawNode, field: string): string[] => list(raw, field).map(stringOf);
