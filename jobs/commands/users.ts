import { BadInput } from '../../raster/errors.js';
import { addIdentityUser, type Identity, SUBJECT } from '../../vector/store/identities.js';
import { listSubdistrictNames } from '../../vector/store/subdistricts.js';
import { addUser, changeUser, listUsers, USER_ROLES } from '../../vector/store/users.js';
import type { Context } from '../context.js';
import { parseChoice } from '../options.js';
import { type Command, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';

const PASSWORD = 'TUBAN_NEW_PASSWORD';

/** Given in the environment, else made: on the command line other users of the machine could read it. */
async function newPassword(name: string): Promise<{ readonly hash: string; readonly made: string | null }> {
  const { checkPassword, hashPassword, randomPassword } = await import('../../reports/web/passwords.js');
  const given = process.env[PASSWORD];
  const password = given ?? randomPassword();
  if (given !== undefined) checkPassword(given, name);
  return { hash: await hashPassword(password), made: given === undefined ? password : null };
}

function tellPassword(context: Context, name: string, made: string | null): void {
  if (made !== null) context.tell(`The password of ${name} is ${made}; it is shown this once`);
}

/** Whom the unified identity knows by a subject; null where none is given. */
function identityOf(subject: string | undefined, issuer: string | undefined): Identity | null {
  if (subject === undefined) return null;
  if (issuer === undefined) {
    throw new BadInput('--subject is of the unified identity; configure it first (key oidc of tuban.json)');
  }
  if (!SUBJECT.test(subject)) {
    throw new BadInput(
      `Invalid --subject "${subject}"; expected the "sub" the provider gives, 1 to 255 characters`,
    );
  }
  return { issuer, subject };
}

const usersAdd: Command = {
  name: 'users add',
  args: '<name>',
  summary: 'adds a user of the web application; makes a password, or takes that of TUBAN_NEW_PASSWORD',
  summaryZh: '添加网页用户；自动生成密码，或取自 TUBAN_NEW_PASSWORD',
  options: [
    ['--role <name>', USER_ROLES.join(', ')],
    ['--subdistricts <codes>', 'of an officer, with commas'],
    ['--subject <sub>', 'of the unified identity (key oidc), which signs them in instead of a password'],
  ],
  async run(input, context) {
    const { UserName } = await import('../../reports/web/user-name.js');
    const [name] = input.args;
    const checked = UserName.safeParse(name);
    if (!checked.success) throw new BadInput(`Invalid name "${name}"; ${checked.error.issues[0].message}`);
    const given = text(input, 'role');
    if (given === undefined) throw new BadInput(`Missing --role; expected ${USER_ROLES.join(', ')}`);
    const role = parseChoice(given, USER_ROLES, '--role');
    const subdistricts = (text(input, 'subdistricts') ?? '')
      .split(',')
      .map((code) => code.trim())
      .filter((code) => code !== '');
    if (role === 'officer' && subdistricts.length === 0) {
      throw new BadInput(
        'Missing --subdistricts; an officer sees these alone, e.g. --subdistricts 440303003',
      );
    }
    const identity = identityOf(text(input, 'subject'), context.config.oidc?.issuer);
    await withDatabase(context, 'users add', async (db) => {
      const known = (await listSubdistrictNames(db)).map(({ code }) => code);
      const unknown = subdistricts.find((code) => !known.includes(code));
      if (unknown !== undefined) {
        throw new BadInput(`Invalid --subdistricts "${unknown}"; tuban districts list shows those there are`);
      }
      if (identity !== null) {
        if (!(await addIdentityUser(db, { name, role, subdistricts, ...identity }))) {
          throw new BadInput(
            `There is a user ${name}, or one of subject ${identity.subject}, already; tuban users list shows them`,
          );
        }
        return;
      }
      const { hash, made } = await newPassword(name);
      if (!(await addUser(db, { name, role, subdistricts, passwordHash: hash }))) {
        throw new BadInput(
          `There is a user ${name} already; tuban users password ${name} gives a new password`,
        );
      }
      tellPassword(context, name, made);
    });
    context.print(`${name}  ${role}  ${subdistricts.join(',')}`.trim());
  },
};

const usersList: Command = {
  name: 'users list',
  args: '',
  summary: 'lists the users of the web application',
  summaryZh: '列出网页用户',
  options: [JSON_OPTION],
  async run(input, context) {
    const users = await withDatabase(context, 'users list', listUsers);
    if (input.options.json) {
      context.print(JSON.stringify(users));
      return;
    }
    for (const { name, role, subdistricts, active } of users) {
      context.print([name, role, ...subdistricts, ...(active ? [] : ['(not active)'])].join('  '));
    }
    if (users.length === 0) context.print('no users');
  },
};

const usersPassword: Command = {
  name: 'users password',
  args: '<name>',
  summary: 'gives a user a new password, unlocks the name, and ends the user’s sessions',
  summaryZh: '重设用户密码，解除锁定并退出其所有会话',
  options: [],
  async run(input, context) {
    const [name] = input.args;
    await withDatabase(context, 'users password', async (db) => {
      const { hash, made } = await newPassword(name);
      if (!(await changeUser(db, name, { passwordHash: hash }))) {
        throw new BadInput(`There is no user ${name}; tuban users list shows those there are`);
      }
      tellPassword(context, name, made);
    });
    context.print(`${name} has a new password`);
  },
};

export const USER_COMMANDS: readonly Command[] = [usersAdd, usersList, usersPassword];
