/** Access control lists of columns, of tables and of views alike. */
import type { AclItem, CatalogObject, TableObject, ViewObject } from "../catalog/index.js";

export interface ColumnAcl {
  readonly number: number;
  readonly name: string;
  readonly acl?: readonly AclItem[];
}

/** The columns that there are; of what has no lists for them, none. */
export function columnAclsOf(object: CatalogObject): readonly ColumnAcl[] {
  if (object.class === "table") return object.attributes.filter((a) => !a.dropped);
  if (object.class !== "view") return [];
  return object.columns.map(({ name, acl }, i) => ({ number: i + 1, name, ...(acl === undefined ? {} : { acl }) }));
}
export function columnAclOf(object: CatalogObject, number: number): readonly AclItem[] | undefined {
  if (object.class === "table") return object.attributes[number - 1]?.acl;
  return object.class === "view" ? object.columns[number - 1]?.acl : undefined;
}

/** The relation with `change` made to the lists that there are; the relation itself where nothing changed. */
export function withColumnAcls<R extends CatalogObject>(relation: R, change: (acl: readonly AclItem[]) => readonly AclItem[]): R {
  const lists = new Map<number, readonly AclItem[]>();
  for (const { number, acl } of columnAclsOf(relation)) {
    const next = acl === undefined ? acl : change(acl);
    if (next !== undefined && next !== acl) lists.set(number, next);
  }
  return lists.size === 0 ? relation : withColumnLists(relation, lists);
}
/** The relation with these lists in place of those of their columns. */
export function withColumnLists<R extends CatalogObject>(relation: R, lists: ReadonlyMap<number, readonly AclItem[]>): R {
  const changed = <C extends { readonly acl?: readonly AclItem[] }>(column: C, number: number): C => {
    const acl = lists.get(number);
    if (acl === undefined) return column;
    const { acl: _old, ...rest } = column;
    return (acl.length === 0 ? rest : { ...rest, acl }) as C;
  };
  const of: TableObject | ViewObject | CatalogObject = relation;
  if (of.class === "table") return { ...relation, attributes: of.attributes.map((a) => changed(a, a.number)) };
  if (of.class === "view") return { ...relation, columns: of.columns.map((c, i) => changed(c, i + 1)) };
  return relation;
}
