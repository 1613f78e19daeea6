import type { ASTNode } from '@marcbachmann/cel-js';

/** What the library keeps with a node beside its public parts. */
interface MacroNode {
  readonly op: string;
  readonly args: unknown;
  readonly meta: {
    check(checker: Checker, node: MacroNode, context: unknown): unknown;
    evaluate(evaluator: Evaluator, node: MacroNode, context: unknown): unknown;
  };
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
 * Gives two things their full meaning in a parsed expression. `has(e.f)`, which the library takes with a chain of names
 * only: `e` is any expression, such as `device.attributes["d"]`; false where `e` has no `f`, an error where `e` itself is
 * one. And `key in map`, which the library asks by getting the value: a map may answer for keys that it does not have.
 */
export function completeSyntax(ast: ASTNode): void {
  visit(ast as unknown as MacroNode);
}

function visit(node: MacroNode): void {
  if (node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'has') {
    const [, callArguments] = node.args as [string, MacroNode[]];
    const [selection] = callArguments;
    if (callArguments.length === 1 && selection?.op === '.') node.setMeta('macro', hasMacro(selection));
  }
  if (node.op === 'in') node.setMeta('macro', membership(node, node.args as [MacroNode, MacroNode]));
  visitParts(node.args);
}

function visitParts(parts: unknown): void {
  if (Array.isArray(parts)) for (const part of parts as unknown[]) visitParts(part);
  else if (isNode(parts)) visit(parts);
}

function isNode(value: unknown): value is MacroNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value;
}

function membership(node: MacroNode, [key, collection]: [MacroNode, MacroNode]): object {
  const { meta } = node;
  return {
    typeCheck: (checker: Checker, _macro: unknown, context: unknown) => meta.check(checker, node, context),
    evaluate: (evaluator: Evaluator, _macro: unknown, context: unknown): unknown => {
      const map = evaluator.run(collection, context);
      return map instanceof Map ? map.has(evaluator.run(key, context)) : meta.evaluate(evaluator, node, context);
    },
  };
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
