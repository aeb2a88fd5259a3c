// One-time links in a clinic that sends no mail: staff hand them out.
import { type Page } from '@playwright/test';
import { enter, expect, expectNotice, fillDate, heading, people, person, signIn, signOut, signOutButton, signUp, test } from './support';

/** The link that a page shows this once. */
async function shownLink(page: Page): Promise<string> {
  const link = await page.locator('.hc-code code').innerText();
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[a-z/]+\?token=[0-9a-z]{52}$/);
  return link;
}

test('whoever forgot the password is helped by staff and chooses a new one', async ({ page, signedIn }, info) => {
  const who = person(info, 'Robin');
  await signUp(page, who);
  await signOut(page);
  await page.getByRole('link', { name: 'I have forgotten my password' }).click();
  await expect(heading(page, 'Forgotten password')).toBeVisible();
  await expect(page.getByText('ask at the front desk')).toBeVisible();

  const admin = await signedIn(people.admin);
  await admin.goto('/admin');
  await admin.getByLabel('Name, username or email').fill(who.username);
  await admin.getByRole('button', { name: 'Search' }).click();
  await admin.getByRole('link', { name: who.name }).click();
  await admin.getByRole('button', { name: 'Issue a reset link' }).click();
  await expect(heading(admin, `Issue a reset link for ${who.name}?`)).toBeVisible();
  await admin.getByRole('button', { name: 'Issue a reset link' }).click();
  const link = await shownLink(admin);

  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).fill('four tall poplars');
  await page.getByLabel('New password again').fill('five tall poplars');
  await page.getByRole('button', { name: 'Save the new password' }).click();
  await expect(page.getByRole('alert')).toContainText('Enter the same new password twice');
  await page.getByLabel('New password', { exact: true }).fill('four tall poplars');
  await page.getByLabel('New password again').fill('four tall poplars');
  await page.getByRole('button', { name: 'Save the new password' }).click();
  await expectNotice(page, 'Your new password is saved');
  await enter(page, who.username, who.secret);
  await expect(page).toHaveTitle(/^Error: /);
  await signIn(page, who.username, 'four tall poplars');

  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).fill('six tall poplars');
  await page.getByLabel('New password again').fill('six tall poplars');
  await page.getByRole('button', { name: 'Save the new password' }).click();
  await expect(heading(page, 'This link does not work')).toBeVisible();
});

/** Registers a patient and invites them; the invitation's link. */
async function invited(desk: Page, who: { given: string; family: string; name: string }): Promise<string> {
  await desk.goto('/patients/new');
  await desk.getByLabel('First names').fill(who.given);
  await desk.getByLabel('Last name').fill(who.family);
  await fillDate(desk, 'Date of birth', '3', '2', '1961');
  await desk.getByRole('button', { name: 'Register patient' }).click();
  await expectNotice(desk, 'The patient is registered');
  await desk.getByRole('button', { name: 'Invite to make an account' }).click();
  await desk.getByRole('button', { name: 'Make the invitation' }).click();
  await expect(desk.getByRole('alert')).toContainText('Choose how you know who the patient is');
  await desk.getByLabel('Passport').check();
  await desk.getByRole('button', { name: 'Make the invitation' }).click();
  await expect(heading(desk, `Invitation for ${who.name}`)).toBeVisible();
  return shownLink(desk);
}

test('an invited patient makes an account of the record that there is', async ({ page, signedIn }, info) => {
  const who = person(info, 'Sidney');
  const desk = await signedIn(people.receptionist);
  const link = await invited(desk, who);

  await page.goto(link);
  await expect(heading(page, 'Create your account')).toBeVisible();
  await expect(page.getByText(who.name)).toBeVisible();
  await page.getByLabel('Email address').fill(who.email);
  await page.getByLabel('Username').fill(who.username);
  await page.getByLabel('Password', { exact: true }).fill(who.secret);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(signOutButton(page)).toBeVisible();
  await page.goto('/profile');
  await expect(page.getByText('3 Feb 1961')).toBeVisible();

  await signOut(page);
  await page.goto(link);
  await expect(heading(page, 'This link does not work')).toBeVisible();
});

test('a patient who signed up before joins the account to the record', async ({ page, signedIn }, info) => {
  const who = person(info, 'Ellis');
  const desk = await signedIn(people.nurse);
  const link = await invited(desk, { given: 'Ellis-Ann', family: who.family, name: `Ellis-Ann ${who.family}` });
  await signUp(page, who);
  await signOut(page);

  await page.goto(link);
  await page.getByRole('link', { name: 'Sign in to join it to your record' }).click();
  await enter(page, who.username, who.secret);
  await expect(heading(page, 'Join your record')).toBeVisible();
  await page.getByLabel('Your password').fill('not the password');
  await page.getByRole('button', { name: 'Join my account to this record' }).click();
  await expect(page.getByRole('alert')).toContainText('Your current password is not right');
  await page.getByLabel('Your password').fill(who.secret);
  await page.getByRole('button', { name: 'Join my account to this record' }).click();
  await expectNotice(page, 'Your account is joined to your record');
  await expect(page.getByText('3 Feb 1961')).toBeVisible();
});
