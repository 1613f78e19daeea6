import type { ASTNode } from '@marcbachmann/cel-js';

/** What the library keeps with a node beside its public parts. */
interface MacroNode {
  readonly op: string;
  readonly args: unknown;
  setMeta(key: string, value: unknown): MacroNode;
}

interface Checker {
  check(node: MacroNode, context: unknown): unknown;
  getType(name: string): unknown;
}

interface Evaluator {
  run(node: MacroNode, context: unknown): unknown;
}

/**
 * The library's `has(e.f)` takes a chain of names only; in CEL, `e` is any expression: `has(device.attributes["d"].f)`.
 * Gives every `has` of a parsed expression its full meaning: false where `e` has no `f`, an error where `e` itself is one.
 */
export function widenHas(ast: ASTNode): void {
  visit(ast as unknown as MacroNode);
}

function visit(node: MacroNode): void {
  if (node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'has') {
    const [, callArguments] = node.args as [string, MacroNode[]];
    const [selection] = callArguments;
    if (callArguments.length === 1 && selection?.op === '.') node.setMeta('macro', hasMacro(selection));
  }
  visitParts(node.args);
}

function visitParts(parts: unknown): void {
  if (Array.isArray(parts)) for (const part of parts as unknown[]) visitParts(part);
  else if (isNode(parts)) visit(parts);
}

function isNode(value: unknown): value is MacroNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value;
}

function hasMacro(selection: MacroNode): object {
  const [operand] = selection.args as [MacroNode, string];
  return {
    args: [selection],
    async: false,
    typeCheck: (checker: Checker, _macro: unknown, context: unknown): unknown => {
      checker.check(selection, context);
      return checker.getType('bool');
    },
    evaluate: (evaluator: Evaluator, _macro: unknown, context: unknown): boolean => {
      evaluator.run(operand, context);
      try {
        return evaluator.run(selection, context) !== undefined;
      } catch (error) {
        if ((error as { code?: string }).code === 'no_such_key') return false;
        throw error;
      }
    },
  };
}
