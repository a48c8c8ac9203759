import { ask, send } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { type Meta, Role, Users } from '../kit/shapes.js';
import { choice, deed, field, into } from '../kit/widgets.js';

type Listed = Users['items'][number];

/** Every user with what can be changed, and a form for a new one. */
export function users(meta: Meta): HTMLElement {
  const box = h('div', {});
  const draw = () =>
    void into(box, async () => {
      const { items } = await ask('/api/users', Users);
      return [...items.map((user) => userCard(meta, user, draw)), newUser(meta, draw)];
    });
  draw();
  return box;
}

function roleChoice(role: Role) {
  const words = t();
  return choice(
    words.role,
    Role.options.map((value) => ({ value, text: words.roles[value] })),
    role,
  );
}

/** Which subdistricts an officer sees. */
function placeTicks(meta: Meta, chosen: readonly string[]) {
  const boxes = meta.subdistricts.map(({ code }) =>
    h('input', { type: 'checkbox', value: code, checked: chosen.includes(code) }),
  );
  return {
    element: h(
      'fieldset',
      { class: 'ticks' },
      h('legend', {}, t().subdistricts),
      meta.subdistricts.map(({ name }, i) => h('label', {}, boxes[i], name)),
    ),
    codes: () => boxes.filter(({ checked }) => checked).map(({ value }) => value),
  };
}

function userCard(meta: Meta, user: Listed, done: () => void): HTMLElement {
  const words = t();
  const role = roleChoice(user.role);
  const places = placeTicks(meta, user.subdistricts);
  const disabled = h('input', { type: 'checkbox', checked: !user.active });
  const password = field(words.newPassword, {
    type: 'password',
    autocomplete: 'new-password',
    placeholder: words.passwordHint,
  });
  return h(
    'details',
    { class: 'card user' },
    h(
      'summary',
      {},
      h('strong', {}, user.name),
      ` · ${words.roles[user.role]}`,
      !user.active && ` · ${words.disabled}`,
    ),
    h(
      'div',
      { class: 'row' },
      role.element,
      password.element,
      h('label', { class: 'tick' }, disabled, words.disabled),
    ),
    places.element,
    deed(
      words.save,
      async () => {
        await send(`/api/users/${encodeURIComponent(user.name)}`, {
          method: 'PATCH',
          json: {
            role: role.select.value,
            subdistricts: places.codes(),
            active: !disabled.checked,
            ...(password.input.value === '' ? {} : { password: password.input.value }),
          },
        });
        done();
      },
      'primary',
    ),
  );
}

function newUser(meta: Meta, done: () => void): HTMLElement {
  const words = t();
  const name = field(words.signInName, { autocomplete: 'off' });
  const password = field(words.signInPassword, {
    type: 'password',
    autocomplete: 'new-password',
    placeholder: words.passwordHint,
  });
  const role = roleChoice('officer');
  const places = placeTicks(meta, []);
  return h(
    'details',
    { class: 'card user' },
    h('summary', {}, words.addUser),
    h('div', { class: 'row' }, name.element, password.element, role.element),
    places.element,
    deed(
      words.addUser,
      async () => {
        await send('/api/users', {
          method: 'POST',
          json: {
            name: name.input.value,
            password: password.input.value,
            role: role.select.value,
            subdistricts: places.codes(),
          },
        });
        done();
      },
      'primary',
    ),
  );
}
