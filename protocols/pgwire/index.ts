export { PgConnection, type PgConnectionOptions, type PgTransport } from "./connection.js";
