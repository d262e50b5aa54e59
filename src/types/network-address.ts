/** inet and cidr: 4 or 16 address bytes and the length of the network prefix in bits. */
export class NetworkAddress {
  constructor(
    readonly bytes: Uint8Array,
    readonly bits: number,
  ) {}
}
