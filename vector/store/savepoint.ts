import type { ScriptDb } from './db.js';

/** A database handle inside a transaction: a transaction within it is a savepoint, and it is not its to close. */
export function savepoints(
  statements: Omit<ScriptDb, 'transaction' | 'hold' | 'close'>,
  depth = 1,
): ScriptDb {
  return {
    ...statements,
    transaction: async (work) => {
      const name = `tuban_${depth}`;
      await statements.script(`SAVEPOINT ${name}`);
      try {
        const result = await work(savepoints(statements, depth + 1));
        await statements.script(`RELEASE SAVEPOINT ${name}`);
        return result;
      } catch (error) {
        await statements.script(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`);
        throw error;
      }
    },
    hold: async () => {
      throw new Error('a hold is taken outside of transactions');
    },
    close: async () => {
      throw new Error('a transaction cannot close its database');
    },
  };
}
