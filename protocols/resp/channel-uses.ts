/** Which arguments of a command are channels: what channel permissions look at. */
export interface ChannelUse {
  readonly position: number;
  readonly isPattern: boolean;
}

const none: readonly ChannelUse[] = [];

export function channelUses(name: string, args: readonly Buffer[]): readonly ChannelUse[] {
  switch (name) {
    case "publish":
    case "spublish":
      return [{ position: 1, isPattern: false }];
    case "subscribe":
    case "ssubscribe":
    case "psubscribe":
      return args.slice(1).map((_, i) => ({ position: i + 1, isPattern: name === "psubscribe" }));
    default:
      return none;
  }
}
