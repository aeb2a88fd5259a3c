// Signing in and out: what a session opens, what ends it, and passwords that must be changed.
import {
  enter,
  expect,
  expectNotice,
  heading,
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
