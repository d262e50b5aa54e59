export { Listener } from "./listener.js";
export { NativeConnections } from "./native-connections.js";
export { connectTo } from "./outgoing.js";
export { makeCertificate } from "./own-certificate.js";
export { openPostgresDoor, type PostgresDoor } from "./postgres.js";
export { Reception, socketPath } from "./reception.js";
export { openRedisDoor, type RedisDoor } from "./redis.js";
export { readTlsFiles, type TlsMaterial } from "./tls.js";
export type { Origin } from "./transport.js";
