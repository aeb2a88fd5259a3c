// What happens when something is wrong: the same page with status 422 and the words beside the fields,
// nothing typed is lost, nothing is overwritten silently.
import { type Locator, type Page } from '@playwright/test';
import {
  bookingDay,
  chooseTime,
  demoRows,
  expect,
  expectErrors,
  expectErrorsLeadToFields,
  expectNotice,
  fillDate,
  findPatient,
  firstTime,
  heading,
  openTimes,
  people,
  person,
  signIn,
  signUp,
  test,
} from './support';

/** Sends a form and gives the status of the answer to it. */
async function send(page: Page, button: Locator): Promise<number> {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    button.click(),
  ]);
  return answer.status();
}

test('a sign-in that fails says so and no more', async ({ page }) => {
  await page.goto('/');
  const button = page.getByRole('button', { name: 'Sign in' });
  expect(await send(page, button)).toBe(422);
  await expectErrors(page, ['Enter your email address or username', 'Enter your password']);
  await expectErrorsLeadToFields(page);

  await page.getByLabel('Email address or username').fill(people.doctor);
  await page.getByLabel('Password').fill('certainly wrong');
  expect(await send(page, button)).toBe(422);
  await expectErrors(page, ['The email address or password is not right']);
  await expect(page.getByLabel('Email address or username')).toHaveValue(people.doctor);
  await expect(page.getByLabel('Password')).toHaveValue('');

  await page.getByLabel('Email address or username').fill('nobody.at.all');
  await page.getByLabel('Password').fill('certainly wrong');
  expect(await send(page, button)).toBe(422);
  await expectErrors(page, ['The email address or password is not right']);
});

test('a sign-up with everything wrong names every field and keeps what was typed, but for the password', async ({ page }) => {
  await page.goto('/signup');
  const button = page.getByRole('button', { name: 'Create account' });
  expect(await send(page, button)).toBe(422);
  await expectErrors(page, [
    'Enter a first name',
    'Enter a last name',
    'Enter your date of birth',
    'Enter an email address',
    'Enter a username',
    'Enter your password',
  ]);
  await expectErrorsLeadToFields(page);

  await page.getByLabel('First name').fill('Robin <b>& Co');
  await page.getByLabel('Last name').fill('O"Hara');
  await fillDate(page, 'Date of birth', '31', '2', '1990');
  await page.getByLabel('Phone number').fill('call me');
  await page.getByLabel('Email address').fill('robin at home');
  await page.getByLabel('Username').fill('?');
  await page.getByLabel('Password').fill('short');
  expect(await send(page, button)).toBe(422);
  await expectErrors(page, [
    'Date of birth must be a real date, like 27 3 1985',
    'Enter a phone number, like 020 7946 0958',
    'Enter an email address in the correct format, like name@example.com',
    'Enter a username of 2 to 40 letters, digits, spaces, dots, hyphens or underscores',
    'Enter a password of at least 8 characters',
  ]);
  await expectErrorsLeadToFields(page);
  await expect(page.getByLabel('First name')).toHaveValue('Robin <b>& Co');
  await expect(page.getByLabel('Last name')).toHaveValue('O"Hara');
  await expect(page.getByLabel('Day')).toHaveValue('31');
  await expect(page.getByLabel('Phone number')).toHaveValue('call me');
  await expect(page.getByLabel('Email address')).toHaveValue('robin at home');
  await expect(page.getByLabel('Username')).toHaveValue('?');
  await expect(page.getByLabel('Password')).toHaveValue('');
});

test('an email address and a username belong to one account only', async ({ page, visitor }, info) => {
  const who = person(info, 'Vera');
  await signUp(await visitor(), who);
  await page.goto('/signup');
  await page.getByLabel('First name').fill(who.given);
  await page.getByLabel('Last name').fill(who.family);
  await fillDate(page, 'Date of birth', '27', '3', '1985');
  await page.getByLabel('Email address').fill(who.email.toUpperCase());
  await page.getByLabel('Username').fill(who.username);
  await page.getByLabel('Password').fill(who.secret);
  expect(await send(page, page.getByRole('button', { name: 'Create account' }))).toBe(422);
  await expectErrors(page, [
    'An account with this email address exists already',
    'This username is taken, choose another',
  ]);
});

test('a time that someone else took meanwhile is answered with the nearest free ones', async ({ page, visitor }, info) => {
  const [slow, quick] = [person(info, 'Wanda'), person(info, 'Xaver')];
  const other = await visitor();
  await signUp(page, slow);
  await signUp(other, quick);
  const day = bookingDay(info, 1);
  const date = await openTimes(page, day);
  const when = await chooseTime(other, day);

  const first = firstTime(page);
  expect(`${date}, ${(await first.innerText()).trim().slice(0, 5)}`).toBe(when);
  expect(await send(page, first)).toBe(409);
  await expect(page).toHaveTitle(/^Error: /);
  const taken = page.getByRole('alert').filter({ hasText: 'This time has just been taken' });
  await expect(taken).toBeVisible();
  const nearest = taken.getByRole('button').first();
  const time = (await nearest.innerText()).trim().slice(0, 5);
  await nearest.click();
  await expect(heading(page, 'Check your answers')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(`, ${time}`);
  await expect(page.getByRole('main')).not.toContainText(when);
  await page.getByRole('button', { name: 'Book appointment' }).click();
  await expect(heading(page, 'Appointment booked')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(`, ${time}`);
});

test('measurements out of range are refused beside their fields', async ({ page }) => {
  await signIn(page, people.nurse);
  await findPatient(page, 'Kowalska');
  await page.getByRole('button', { name: 'Open record' }).click();
  await page.getByRole('button', { name: 'Record vitals' }).click();
  const button = page.getByRole('button', { name: 'Save vitals' });
  expect(await send(page, button)).toBe(422);
  await expect(page).toHaveTitle(/^Error: /);

  await page.getByLabel('Systolic').fill('80');
  await page.getByLabel('Diastolic').fill('120');
  await page.getByLabel('Pulse').fill('fast');
  await page.getByLabel('Temperature').fill('98.6');
  await page.getByLabel('Oxygen saturation').fill('101');
  await page.getByLabel('Weight').fill('71.5');
  expect(await send(page, button)).toBe(422);
  const summary = page.getByRole('alert').filter({ hasText: 'There is a problem' });
  await expect(summary.getByRole('link')).toHaveCount(4);
  await expect(summary).toContainText('Enter both blood pressures, the upper (systolic) above the lower (diastolic)');
  await expectErrorsLeadToFields(page);
  await expect(page.getByLabel('Pulse')).toHaveValue('fast');
  await expect(page.getByLabel('Weight')).toHaveValue('71.5');
});

test('a payment must be an amount that is still to pay', async ({ page }) => {
  await signIn(page, people.receptionist);
  await page.goto('/billing?status=open');
  await demoRows(page, 'Bills, newest first').getByRole('link').first().click();
  await page.getByRole('button', { name: 'Take a payment' }).click();
  const button = page.getByRole('button', { name: 'Take payment' });
  for (const [typed, words] of [
    ['lots', 'Enter an amount, like 42.50'],
    ['-5', 'Enter an amount, like 42.50'],
    ['0', 'Enter an amount above zero'],
    ['987654.32', 'Enter no more than what is still to pay'],
  ] as const) {
    await page.getByLabel('Amount').fill(typed);
    expect(await send(page, button)).toBe(422);
    await expectErrors(page, [words, 'Choose how it is paid']);
    await expectErrorsLeadToFields(page);
    await expect(page.getByLabel('Amount')).toHaveValue(typed);
  }
});

test('two receptionists who change one patient both see both versions', async ({ visitor, signedIn }, info) => {
  const who = person(info, 'Yasmin');
  await signUp(await visitor(), who);
  const [one, two] = [await signedIn(people.receptionist), await signedIn(people.receptionist)];
  for (const page of [one, two]) {
    await findPatient(page, who.family);
    await page.getByRole('button', { name: 'Change details' }).click();
    await expect(heading(page, 'Change details')).toBeVisible();
  }
  await one.getByLabel('Address', { exact: true }).fill('1 Mill Lane');
  await one.getByRole('button', { name: 'Save' }).click();
  await expectNotice(one, "The patient's details are saved");

  await two.getByLabel('Address', { exact: true }).fill('2 Station Road');
  expect(await send(two, two.getByRole('button', { name: 'Save' }))).toBe(409);
  await expect(two).toHaveTitle(/^Error: /);
  const both = two.getByRole('table', { name: 'Both versions' });
  await expect(both.getByRole('row', { name: /Address/ })).toContainText('1 Mill Lane');
  await expect(both.getByRole('row', { name: /Address/ })).toContainText('2 Station Road');
  await expect(two.getByLabel('Address', { exact: true })).toHaveValue('2 Station Road');
  await one.reload();
  await expect(one.getByRole('main')).toContainText('1 Mill Lane');

  await two.getByRole('button', { name: 'Save' }).click();
  await expectNotice(two, "The patient's details are saved");
  await expect(two.getByRole('main')).toContainText('2 Station Road');
});

test('a note that was changed in another window is not overwritten', async ({ page, context }) => {
  await signIn(page, people.doctor);
  await findPatient(page, 'Kowalska');
  await page.getByRole('button', { name: 'Open record' }).click();
  await page.getByRole('button', { name: 'Write a note' }).click();
  await page.getByLabel('Subjective').fill('Sleeps badly');
  await page.getByRole('button', { name: 'Save draft' }).click();
  await expectNotice(page, 'The draft is saved');

  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByLabel('Plan').fill('Less coffee');
  await other.getByRole('button', { name: 'Save draft' }).click();
  await expectNotice(other, 'The draft is saved');

  await page.getByLabel('Plan').fill('Evening walks');
  expect(await send(page, page.getByRole('button', { name: 'Save draft' }))).toBe(409);
  await expect(page.getByRole('alert')).toContainText('This note was changed meanwhile');
  await expect(page.getByRole('article')).toContainText('Less coffee');
  await expect(page.getByLabel('Plan')).toHaveValue('Evening walks');
  await page.getByRole('button', { name: 'Save draft' }).click();
  await expectNotice(page, 'The draft is saved');
  await expect(page.getByLabel('Plan')).toHaveValue('Evening walks');
});

test('a patient who seems to be registered already is registered again only on purpose', async ({ page }, info) => {
  const who = person(info, 'Zoe');
  await signIn(page, people.receptionist);
  for (const time of ['first', 'second']) {
    await page.goto('/patients/new');
    await page.getByLabel('First names').fill(who.given);
    await page.getByLabel('Last name').fill(who.family);
    await fillDate(page, 'Date of birth', '5', '11', '1971');
    await page.getByRole('radio', { name: 'Female' }).check();
    const status = await send(page, page.getByRole('button', { name: 'Register patient' }));
    if (time === 'first') {
      expect(status).toBe(303);
      await expectNotice(page, 'The patient is registered');
    } else {
      expect(status).toBe(422);
    }
  }
  await expect(page.getByText('Someone of this name and date of birth is registered already')).toBeVisible();
  await expect(page.getByRole('link', { name: new RegExp(who.family, 'i') })).toBeVisible();
  await page.getByLabel('This is another person: register them too').check();
  await page.getByRole('button', { name: 'Register patient' }).click();
  await expectNotice(page, 'The patient is registered');
});
