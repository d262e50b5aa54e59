/** The roles that PostgreSQL 15 comes with, by its OIDs. Nobody logs in as them, alters or drops them; GRANT gives what they may do. */
import type { Oid } from "../types/index.js";
import type { CatalogObject, RoleObject } from "./objects.js";

/** `databaseOwner`: its only member is the owner of the database; it owns schema public. */
export const PredefinedRole = {
  monitor: 3373,
  readAllSettings: 3374,
  readAllStats: 3375,
  statScanTables: 3377,
  signalBackend: 4200,
  checkpoint: 4544,
  readServerFiles: 4569,
  writeServerFiles: 4570,
  executeServerProgram: 4571,
  databaseOwner: 6171,
  readAllData: 6181,
  writeAllData: 6182,
} as const satisfies Readonly<Record<string, Oid>>;

const role = (oid: Oid, name: string): RoleObject => ({
  class: "role",
  oid,
  name,
  login: false,
  superuser: false,
  createdb: false,
  createrole: false,
  inherit: true,
  replication: false,
  bypassRls: false,
  connectionLimit: -1,
});
const nameOf = (key: string): string => `pg_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;

const MEMBERSHIP_OID = 14020;
export function predefinedRoles(grantor: Oid): readonly CatalogObject[] {
  const { monitor, readAllSettings, readAllStats, statScanTables } = PredefinedRole;
  return [
    ...Object.entries(PredefinedRole).map(([key, oid]) => role(oid, nameOf(key))),
    ...[readAllSettings, readAllStats, statScanTables].map(
      (of, i): CatalogObject => ({ class: "membership", oid: MEMBERSHIP_OID + i, role: of, member: monitor, grantor, admin: false }),
    ),
  ];
}
export const isPredefinedRole = (oid: Oid): boolean => PREDEFINED.has(oid);
const PREDEFINED: ReadonlySet<Oid> = new Set(Object.values(PredefinedRole));
