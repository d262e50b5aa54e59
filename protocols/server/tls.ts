/**
 * TLS of accepted connections, by node:tls whoever carries the rest. One entrance for each way in (a port, a form of start) and each reading of the
 * files: connections that are there keep what they have.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { EncryptionFacts } from "../../src/engine/types.js";
import type { PeerTls } from "../pgwire/index.js";
import { endPointHash } from "./certificate-hash.js";

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Authorities whose certificates clients may show; "": clients are not asked for any. */
  readonly authority: string;
}
/** What the files hold; a value for all entrances of a thread. */
export interface TlsMaterial {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly authority: Buffer | undefined;
  readonly endPointHash: Buffer | undefined;
}
export interface TlsPeer {
  readonly facts: EncryptionFacts;
  readonly tls: PeerTls;
}

/** Throws an Error with one clear line. */
export function readTlsFiles(files: TlsFiles): TlsMaterial {
  const read = (what: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new Error(`could not load ${what} "${path}": ${(error as Error).message}`);
    }
  };
  const certificate = read("server certificate file", files.certificate);
  const key = read("private key file", files.key);
  const { mode, uid } = statSync(files.key);
  // A key of root's may be readable by its group, where machines keep keys for several servers.
  if (process.platform !== "win32" && (mode & (uid === 0 ? 0o037 : 0o077)) !== 0)
    throw new Error(`private key file "${files.key}" has group or world access: its permissions should be u=rw (0600) or less`);
  const authority = files.authority === "" ? undefined : read("root certificate file", files.authority);
  try {
    const parsed = new X509Certificate(certificate);
    const material = { certificate, key, authority, endPointHash: endPointHash(parsed.raw) };
    serverOf(material, { requestsCertificate: false, handshakeMillis: 1 }); // certificate and key fit each other, or this throws
    return material;
  } catch (error) {
    throw new Error(`could not use certificate "${files.certificate}" with key "${files.key}": ${(error as Error).message}`);
  }
}

export interface TlsEntranceOptions {
  /** ALPN; a client that offers others alone is refused. */
  readonly protocol?: string;
  /** A client that offers none is refused, too. */
  readonly protocolIsRequired?: boolean;
  /** A client without a certificate is refused. */
  readonly certificateIsRequired?: boolean;
  readonly requestsCertificate: boolean;
  readonly handshakeMillis: number;
}

function serverOf({ certificate, key, authority }: TlsMaterial, options: TlsEntranceOptions): Server {
  return createServer({
    cert: certificate,
    key,
    ...(authority && { ca: authority }),
    minVersion: "TLSv1.2",
    requestCert: authority !== undefined && options.requestsCertificate,
    // What an authority did not sign is refused below: a client without a certificate may be let in.
    rejectUnauthorized: false,
    handshakeTimeout: options.handshakeMillis,
    ...(options.protocol === undefined ? {} : { ALPNProtocols: [options.protocol] }),
  });
}

export class TlsEntrance {
  readonly #server: Server;

  /** @param entered gets each connection whose handshake is done */
  constructor(material: TlsMaterial, options: TlsEntranceOptions, entered: (socket: TLSSocket, peer: TlsPeer) => void) {
    this.#server = serverOf(material, options);
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
    this.#server.on("secureConnection", (socket) => {
      const shown = socket.getPeerX509Certificate();
      const isWrong = shown !== undefined && !socket.authorized;
      const isMissing = shown === undefined && options.certificateIsRequired === true;
      const isNameless = options.protocolIsRequired === true && socket.alpnProtocol !== options.protocol;
      if (isWrong || isMissing || isNameless) socket.destroy();
      else entered(socket, peerOf(socket, shown, material));
    });
  }
  take(socket: Socket): void {
    this.#server.emit("connection", socket);
  }
}

function peerOf(socket: TLSSocket, shown: X509Certificate | undefined, { authority, endPointHash }: TlsMaterial): TlsPeer {
  const { name: cipher } = socket.getCipher();
  return {
    facts: {
      version: socket.getProtocol() ?? "unknown",
      cipher,
      bits: /256|CHACHA20/.test(cipher.replace(/SHA\d+/g, "")) ? 256 : 128,
      clientDn: shown === undefined ? null : oneLine(shown.subject),
      clientSerial: shown === undefined ? null : String(BigInt(`0x${shown.serialNumber}`)),
      issuerDn: shown === undefined ? null : oneLine(shown.issuer),
    },
    tls: {
      endPointHash,
      hasAuthority: authority !== undefined,
      certificate: shown && { commonName: /^CN=(.*)$/m.exec(shown.subject)?.[1] },
    },
  };
}

/** A name as OpenSSL's one-line form has it: /C=NL/CN=somebody. */
const oneLine = (name: string): string =>
  name
    .split("\n")
    .map((part) => `/${part}`)
    .join("");
