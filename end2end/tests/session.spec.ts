// Signing in and out: what a session opens, what ends it, and passwords that must be changed.
import {
  enter,
  expect,
  expectAccessible,
  expectNotice,
  heading,
  islandsAwake,
  people,
  person,
  signIn,
  signOut,
  signOutButton,
  signUp,
  test,
  unique,
} from './support';

test('signing out closes the pages that were open', async ({ page }, info) => {
  const who = person(info, 'Rowan');
  await signUp(page, who);
  await page.goto('/profile');
  await expect(page.getByLabel('Email address')).toHaveValue(who.email);
  await signOut(page);
  await expectNotice(page, 'You are signed out');
  await page.goBack();
  await expect(heading(page, 'Sign in')).toBeVisible();
  await expect(page.getByText(who.email)).toHaveCount(0);
});

test('whoever asks for a page first signs in and then gets it', async ({ page }) => {
  await page.goto('/appointments?view=list&status=booked');
  await expect(heading(page, 'Sign in')).toBeVisible();
  await expect(page.getByText('Sign in to go on to the page that you asked for')).toBeVisible();
  await enter(page, people.receptionist, 'not the password');
  await expect(page).toHaveTitle(/^Error: /);
  await enter(page, people.receptionist);
  await expect(heading(page, 'Appointments')).toBeVisible();
  await expect(page).toHaveURL(/\/appointments\?view=list&status=booked$/);
});

test('signing in never leads to another site', async ({ page }) => {
  await page.goto('/?next=//example.org/');
  await enter(page, people.auditor);
  await expect(signOutButton(page)).toBeVisible();
  expect(new URL(page.url()).hostname).toBe('127.0.0.1');
});

test('a session on another device can be ended', async ({ page, visitor }, info) => {
  const who = person(info, 'Sasha');
  await signUp(page, who);
  const other = await visitor();
  await signIn(other, who.username, who.secret);

  await page.goto('/profile');
  const devices = page.getByRole('table', { name: 'Sessions of your account' });
  await expect(devices.getByRole('row')).toHaveCount(3);
  await devices.getByRole('row').filter({ hasNotText: 'This device' }).getByRole('button', { name: 'Sign out' }).click();
  await expect(heading(page, 'Sign out another device')).toBeVisible();
  await page.getByLabel('Your password').fill(who.secret);
  await page.getByRole('button', { name: 'Sign out another device' }).click();
  await expectNotice(page, 'The session is ended');
  await expect(devices.getByRole('row')).toHaveCount(2);

  await other.goto('/profile');
  await expect(heading(other, 'Sign in')).toBeVisible();
});

test('changing the password signs all other devices out', async ({ page, visitor }, info) => {
  const who = person(info, 'Toni');
  await signUp(page, who);
  const other = await visitor();
  await signIn(other, who.email, who.secret);

  await page.goto('/profile');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByLabel('Current password').fill(who.secret);
  await page.getByLabel('New password', { exact: true }).fill('four tall poplars');
  await page.getByLabel('New password again').fill('four tall poplars');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expectNotice(page, 'Your password is changed');
  await expect(heading(page, 'Your account')).toBeVisible();

  await other.goto('/profile');
  await expect(heading(other, 'Sign in')).toBeVisible();
  await signIn(other, who.email, 'four tall poplars');
});

test('a new doctor changes the password that the administrator handed over', async ({ signedIn, visitor }, info) => {
  const name = unique(info);
  const admin = await signedIn(people.admin);
  await admin.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Admin' }).click();
  await admin.getByRole('button', { name: 'New account' }).click();
  await admin.getByLabel('Username').fill(`dr.${name}`);
  await admin.getByLabel('Email address').fill(`dr.${name}@example.org`);
  await admin.getByLabel('Role').selectOption({ label: 'Doctor' });
  await admin.getByLabel('Name', { exact: true }).fill(`Dr ${name}`);
  await admin.getByRole('button', { name: 'Create account' }).click();
  await expect(heading(admin, 'Account created')).toBeVisible();
  const handed = (await admin.getByRole('group', { name: 'The password' }).innerText()).trim();
  expect(handed.length).toBeGreaterThan(8);

  const doctor = await visitor();
  await doctor.goto('/');
  await enter(doctor, `dr.${name}`, handed);
  await expect(heading(doctor, 'Change your password')).toBeVisible();
  // No other page opens before that.
  for (const path of ['/', '/appointments', '/patients', '/medical-records', '/appointments/new']) {
    await doctor.goto(path);
    await expect(heading(doctor, 'Change your password')).toBeVisible();
  }

  await doctor.getByLabel('The password you were given').fill(handed);
  await doctor.getByLabel('New password', { exact: true }).fill('a lamp on the stair');
  await doctor.getByLabel('New password again').fill('a lamp on the stair');
  await doctor.getByRole('button', { name: 'Change password' }).click();
  await expectNotice(doctor, 'Your password is changed');
  await expect(doctor.getByRole('heading', { name: 'Your visits today' })).toBeVisible();

  await signOut(doctor);
  await enter(doctor, `dr.${name}`, handed);
  await expect(doctor.getByRole('alert')).toContainText('The email address or password is not right');
  await signIn(doctor, `dr.${name}`, 'a lamp on the stair');
});

test('an account that is disabled is signed out at once and stays out until it is enabled', async ({ signedIn, visitor }, info) => {
  const who = person(info, 'Uma');
  const patient = await visitor();
  await signUp(patient, who);

  const admin = await signedIn(people.admin);
  await admin.goto(`/admin?q=${who.username}`);
  await admin.getByRole('table', { name: 'Accounts' }).getByRole('link', { name: who.name }).click();
  await admin.getByRole('button', { name: 'Disable account' }).click();
  await expect(heading(admin, `Disable the account of ${who.name}?`)).toBeVisible();
  await admin.getByRole('button', { name: 'Disable account' }).click();
  await expectNotice(admin, 'The account is disabled');

  await patient.goto('/profile');
  await expect(heading(patient, 'Sign in')).toBeVisible();
  await enter(patient, who.username, who.secret);
  await expect(patient).toHaveTitle(/^Error: /);

  await admin.getByRole('button', { name: 'Enable account' }).click();
  await expectNotice(admin, 'The account is enabled');
  await signIn(patient, who.username, who.secret);
});

test('a password is shown only while it is asked for', async ({ page, scripted }) => {
  await page.goto('/');
  const field = page.getByLabel('Password', { exact: true });
  const button = page.getByRole('button', { name: 'Show password' });
  await expect(field).toHaveAttribute('autocomplete', 'current-password');
  if (!scripted) {
    await expect(button).toBeHidden();
    return;
  }
  await field.fill('a lamp on the stair');
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  await button.click();
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await expect(field).toHaveAttribute('type', 'text');
  await expect(field).toHaveValue('a lamp on the stair');
  await expectAccessible(page);
  await button.click();
  await expect(field).toHaveAttribute('type', 'password');
  // Sent while it is shown, it is a password again for whoever keeps it.
  await button.press('Enter');
  await expect(field).toHaveAttribute('type', 'text');
  await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(field).toHaveAttribute('type', 'password');
  await expect(button).toHaveAttribute('aria-pressed', 'false');
});

test('a new password is judged in words, at once and when it is sent', async ({ page, scripted }, info) => {
  const who = person(info, 'Wanda');
  await signUp(page, who);
  await page.goto('/profile/password');
  const field = page.getByLabel('New password', { exact: true });
  const hint = page.locator('#new-strength');
  if (scripted) {
    await islandsAwake(page);
    for (const [typed, words] of [
      ['short', 'Too short so far'],
      ['aaaaaaaaaaaa', 'Weak: use more different letters or words'],
      ['nine char', 'Fair: a few more words make it stronger'],
      ['a lamp on the stair', 'Strong'],
      ['', ''],
    ] as const) {
      await field.fill(typed);
      await expect(hint).toHaveText(words);
    }
    for (const name of ['Show current password', 'Show new password', 'Show new password again']) {
      await expect(page.getByRole('button', { name, exact: true })).toBeVisible();
    }
    await expectAccessible(page);
  }
  for (const [typed, words] of [
    ['password1234', 'Enter a password that is harder to guess'],
    [`${who.username}1`, 'Enter a password that is not made of your name'],
    ['seven77', 'Enter a password of at least 8 characters'],
    ['x1y2'.repeat(40), 'Enter a password of at most 128 characters'],
  ] as const) {
    await page.getByLabel('Current password').fill(who.secret);
    await field.fill(typed);
    await page.getByLabel('New password again').fill(typed);
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(page.locator('#new-error')).toContainText(words);
    await expect(field).toHaveValue('');
  }
});

test('whoever was away is told so, signs in and goes on where they were', async ({ page, scripted }) => {
  await page.goto('/?next=%2Fprofile&ended=idle');
  await expect(page.getByText('You were signed out after 15 minutes without use, or after 12 hours at most')).toBeVisible();
  if (scripted) await expectAccessible(page);
  await enter(page, people.auditor);
  await expect(heading(page, 'Your account')).toBeVisible();
});

test('a page warns before the session ends, and keeps what was typed when it has ended', async ({ page, scripted }) => {
  test.skip(!scripted, 'without scripts the sign-in page tells it');
  await page.clock.install();
  await signIn(page, people.receptionist);
  await page.goto('/patients/new');
  await islandsAwake(page);
  await page.getByLabel('First name').fill('Half a name');
  const offer = page.getByRole('region', { name: 'Are you still there?' });
  const over = page.getByRole('region', { name: 'You have been signed out' });
  const left = async (seconds: number | undefined): Promise<void> => {
    await page.unroute('**/rpc/session-left');
    await page.route('**/rpc/session-left', (route) =>
      seconds === undefined
        ? route.fulfill({ status: 401, contentType: 'application/json', body: '"unauthenticated"' })
        : route.fulfill({ contentType: 'application/json', body: String(seconds) }),
    );
  };

  // Another page used the session: there is nothing to warn of.
  await left(900);
  await page.clock.fastForward('13:30');
  await expect(offer).toBeHidden();
  await left(110);
  await page.clock.fastForward('13:30');
  await expect(offer).toBeVisible();
  await expect(offer).toContainText('You will be signed out in 2 minutes');
  await expect(page.getByLabel('First name')).toBeFocused();
  await expectAccessible(page);
  await offer.getByRole('button', { name: 'Stay signed in' }).click();
  await expect(offer).toBeHidden();
  await expect(page.getByLabel('First name')).toHaveValue('Half a name');

  await page.clock.fastForward('13:30');
  await expect(offer).toBeVisible();
  await left(undefined);
  await page.clock.fastForward('02:00');
  await expect(over).toBeVisible();
  await expect(offer).toBeHidden();
  await expect(page.getByLabel('First name')).toHaveValue('Half a name');
  await expectAccessible(page);
  await expect(over.getByRole('button', { name: 'Sign in again' })).toHaveAttribute('href', '/?ended=idle&next=%2Fpatients%2Fnew');
});

test('one signs out everywhere, and an administrator signs someone out', async ({ page, visitor, signedIn }, info) => {
  const who = person(info, 'Xenia');
  await signUp(page, who);
  const other = await visitor();
  await signIn(other, who.username, who.secret);
  await page.goto('/profile');
  await page.getByRole('link', { name: 'Sign out everywhere' }).click();
  await page.getByLabel('Your password').fill(who.secret);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expectNotice(page, 'You are signed out');
  await other.goto('/profile');
  await expect(heading(other, 'Sign in')).toBeVisible();

  await signIn(other, who.username, who.secret);
  const admin = await signedIn(people.admin);
  await admin.goto(`/admin?q=${who.username}`);
  await admin.getByRole('table', { name: 'Accounts' }).getByRole('link', { name: who.name }).click();
  await admin.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expectNotice(admin, 'The person is signed out everywhere');
  await other.goto('/profile');
  await expect(heading(other, 'Sign in')).toBeVisible();
});
