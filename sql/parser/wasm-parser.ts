/**
 * The WASM build of PostgreSQL's grammar, kept alive.
 *
 * An expression that is too deep overflows the stack inside the instance and leaks its WASM stack; after some thirty of those the
 * instance is dead. So an instance that threw anything but a syntax error is replaced: the next one is made in the
 * background, and until it is ready a worn instance answers at most `WORN_USES_MAX` more times.
 */
import { isAscii } from "node:buffer";
import { createRequire } from "node:module";
import { DbError, stackDepthExceeded } from "../../src/types/index.js";

interface WasmModule {
  /** Another view each time the memory has grown. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: "i32"): number;
  _wasm_parse_query_raw(pointer: number): number;
  _wasm_free_parse_result(pointer: number): void;
}
export type WasmParseResult =
  | { readonly json: string }
  | { readonly message: string /** Characters (unlike the tree's locations), from 1; 0 = unknown. */; readonly position: number };

const load = createRequire(import.meta.url)("libpg-query/wasm/libpg-query.js") as (options: {
  /** What the instance would write to this process's standard output and error. */
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}) => Promise<WasmModule>;
/** An instance that runs out of memory prints a table of its contexts, which is nobody's business. */
const createInstance = (): Promise<WasmModule> => load({ print() {}, printErr() {} });

/** Each overflow leaks a part of the 1 MiB stack; measured: an instance survives about thirty. */
const WORN_USES_MAX = 20;
/** An instance's memory only grows: one that has so much more than at first is replaced, so that the memory of a very long statement returns. */
const HEAP_GROWTH_MAX = 64 * 1024 * 1024;

export class WasmParser {
  #instance: WasmModule;
  #heapAtFirst: number;
  #overflows = 0;
  #replacements = 0;
  #replacement: Promise<void> | undefined;

  /** How much memory the instance holds, in bytes. */
  get heapBytes(): number {
    return this.#instance.HEAPU8.length;
  }
  /** How often the instance was replaced, which costs as much as hundreds of statements. */
  get replacements(): number {
    return this.#replacements;
  }

  private constructor(instance: WasmModule) {
    this.#instance = instance;
    this.#heapAtFirst = this.heapBytes;
  }
  static async create(): Promise<WasmParser> {
    return new WasmParser(await createInstance());
  }

  /** @throws DbError 54001 when the text nests too deeply for the grammar's stack, 53200 when its tree is too large for the instance. */
  parse(text: string): WasmParseResult {
    if (this.#overflows > WORN_USES_MAX) throw stackDepthExceeded();
    const { exitCode } = process;
    try {
      const result = run(this.#instance, text);
      if (this.heapBytes > this.#heapAtFirst + HEAP_GROWTH_MAX) this.#replace();
      return result;
    } catch (error) {
      if (error instanceof DbError) this.#replace();
      // Out of memory, the instance "exits", by an object that is no Error, and would have this process end with its code.
      if ((error as { readonly name?: unknown }).name === "ExitStatus") {
        process.exitCode = exitCode;
        this.#overflows = WORN_USES_MAX + 1;
        this.#replace();
        throw treeTooLarge();
      }
      // A trap is a WebAssembly.RuntimeError, a name the compiler's Node library does not know.
      if (!(error instanceof Error) || (error.name !== "RangeError" && error.name !== "RuntimeError")) throw error;
      this.#overflows += error instanceof RangeError ? 1 : WORN_USES_MAX + 1;
      this.#replace();
      throw stackDepthExceeded();
    }
  }
  #replace(): void {
    this.#replacement ??= createInstance().then((instance) => {
      this.#instance = instance;
      this.#heapAtFirst = this.heapBytes;
      this.#replacements++;
      this.#overflows = 0;
      this.#replacement = undefined;
    });
  }
  /** Resolves when no replacement is under way. */
  async settled(): Promise<void> {
    await this.#replacement;
  }
}

/** Layouts: PgQueryParseResult { tree, stderr, error }, PgQueryError { message, function, file, line, cursor (characters, from 1) }. */
function run(wasm: WasmModule, query: string): WasmParseResult {
  const bytes = Buffer.byteLength(query);
  const input = wasm._malloc(bytes + 1);
  if (input === 0) throw treeTooLarge();
  let result = 0;
  try {
    const heap = wasm.HEAPU8;
    Buffer.from(heap.buffer, heap.byteOffset + input, bytes).write(query, "utf8");
    heap[input + bytes] = 0;
    result = wasm._wasm_parse_query_raw(input);
    const error = wasm.getValue(result + 8, "i32");
    if (error !== 0) {
      return { message: wasm.UTF8ToString(wasm.getValue(error, "i32")), position: Math.max(0, wasm.getValue(error + 16, "i32")) };
    }
    const json = longText(wasm, wasm.getValue(result, "i32"));
    if (json === "") throw treeTooLarge();
    return { json };
  } finally {
    wasm._free(input);
    if (result !== 0) wasm._wasm_free_parse_result(result);
  }
}

const treeTooLarge = (): DbError =>
  new DbError({ sqlstate: "53200", message: "out of memory", detail: "The statement's syntax tree exceeds the memory of the grammar." });

/** A text that may have megabytes and is nearly always ASCII: one byte a character, copied instead of decoded. */
function longText(wasm: WasmModule, pointer: number): string {
  const heap = wasm.HEAPU8;
  const end = heap.indexOf(0, pointer);
  const bytes = Buffer.from(heap.buffer, heap.byteOffset + pointer, end - pointer);
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8");
}
