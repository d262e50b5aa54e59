export { plainAddress } from "./address.js";
export { type Approach, matchingRule } from "./match.js";
export { type AccessRule, type AuthenticationMethod, parseAccessRules, type RuleLine } from "./rules-file.js";
export { noServer, type ServerFacts } from "./server-facts.js";
