import type { SqlParameters } from '../../../../vector/store/sql.js';
import type { Condition, Operand, ScalarType, Value } from './condition.js';

/** SQL types by those of queryables. */
const CAST: Readonly<Record<ScalarType, string>> = {
  string: 'text',
  number: 'float8',
  boolean: 'boolean',
  date: 'date',
  instant: 'timestamptz',
};

/**
 * SQL of a condition. Values only ever go in as parameters, names only as the SQL of a queryable; texts have the order of their
 * characters' codes, whatever the database's own is.
 * @param meetsSql true where the feature meets a ground
 */
export function conditionSql<Ground>(
  condition: Condition<Ground>,
  parameters: SqlParameters,
  meetsSql: (ground: Ground) => string,
): string {
  const literal = (value: Value, type: ScalarType) => `${parameters.add(value)}::${CAST[type]}`;
  const side = (operand: Operand, type: ScalarType) =>
    'value' in operand ? literal(operand.value, type) : operand.queryable.sql;
  const sql = (one: Condition<Ground>): string => {
    switch (one.kind) {
      case 'constant':
        return one.holds ? 'TRUE' : 'FALSE';
      case 'and':
      case 'or':
        return `(${one.parts.map(sql).join(one.kind === 'and' ? ' AND ' : ' OR ')})`;
      case 'not':
        return `(NOT ${sql(one.part)})`;
      case 'compare': {
        const order = one.type === 'string' && one.op !== '=' && one.op !== '<>' ? ' COLLATE "C"' : '';
        return `(${side(one.left, one.type)} ${one.op} ${side(one.right, one.type)}${order})`;
      }
      case 'in':
        return `(${one.values.map((value) => `(${one.of.sql} = ${literal(value, one.type)})`).join(' OR ')})`;
      case 'like':
        return `(${one.of.sql} LIKE ${parameters.add(one.pattern)}::text)`;
      case 'null':
        return `(${one.of.sql} IS NULL)`;
      case 'meets':
        return meetsSql(one.ground);
    }
  };
  return sql(condition);
}
