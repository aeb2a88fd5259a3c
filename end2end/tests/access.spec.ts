// Ways into a patient's data beside one's own and the assigned ones: a record opened in an emergency and checked by the
// auditor, somebody who acts for a patient, and a care team.
import {
  enter,
  expect,
  expectAccessible,
  expectErrors,
  expectErrorsLeadToFields,
  expectNoSidewaysScroll,
  expectNotice,
  fillDate,
  heading,
  password,
  people,
  person,
  signIn,
  signOut,
  signUp,
  test,
} from './support';
import { type Page } from '@playwright/test';

async function expectSound(page: Page, scripted: boolean): Promise<void> {
  await expectNoSidewaysScroll(page);
  if (scripted) await expectAccessible(page);
}

/** A patient whom nobody treats; returns the address of the page. */
async function register(page: Page, given: string, family: string): Promise<string> {
  await page.goto('/patients/new');
  await page.getByLabel('First names').fill(given);
  await page.getByLabel('Last name').fill(family);
  await fillDate(page, 'Date of birth', '2', '5', '2019');
  await page.getByRole('button', { name: /^Register/ }).click();
  await expectNotice(page, 'The patient is registered');
  return new URL(page.url()).pathname;
}

test('a record opens in an emergency with a reason and a password, and the auditor judges it', async ({ page, scripted }, info) => {
  const who = person(info, 'Nadia');
  await signIn(page, people.receptionist);
  const patient = await register(page, who.given, who.family);
  const record = patient.replace('/patients/', '/medical-records/');
  await signOut(page);

  await signIn(page, people.doctor);
  await page.goto(record);
  await expect(heading(page, 'This record is closed to you')).toBeVisible();
  await page.getByRole('button', { name: 'Emergency access' }).click();
  await expectSound(page, scripted);
  await page.getByRole('button', { name: 'Open the record' }).click();
  await expectErrors(page, ['Enter a reason']);
  await expectErrorsLeadToFields(page);
  const reason = `Collapsed in the waiting room, ${who.family}`;
  await page.getByLabel('Why you need this record now').fill(reason);
  await page.getByLabel('Your password', { exact: true }).fill('wrong horse');
  await page.getByRole('button', { name: 'Open the record' }).click();
  await expectErrors(page, ['Your current password is not right']);
  await expect(page.getByLabel('Why you need this record now')).toHaveValue(reason);
  await expect(page.getByLabel('Your password', { exact: true })).toHaveValue('');
  await page.getByLabel('Your password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Open the record' }).click();
  await expectNotice(page, 'The record is open to you');
  const banner = page.getByRole('region', { name: 'Emergency access' });
  await expect(banner).toContainText(/Emergency access until \d\d:\d\d/);
  await expect(page.getByRole('link', { name: /Write a note|Record vitals/ })).toHaveCount(0);
  await expectSound(page, scripted);
  await banner.getByRole('button', { name: 'Close the record' }).click();
  await expectNotice(page, 'The record is closed');
  await page.goto(record);
  await expect(heading(page, 'This record is closed to you')).toBeVisible();
  await signOut(page);

  await signIn(page, people.auditor);
  await page.goto('/admin/emergency-access');
  await expectSound(page, scripted);
  const row = page.getByRole('row').filter({ hasText: reason });
  await expect(row).not.toContainText(`${who.given} ${who.family}`);
  await row.getByRole('link').click();
  await page.getByRole('button', { name: 'Save review' }).click();
  await expectErrors(page, ['Choose whether it was justified']);
  await expectErrorsLeadToFields(page);
  await page.getByLabel('Justified', { exact: true }).check();
  await expectSound(page, scripted);
  await page.getByRole('button', { name: 'Save review' }).click();
  await expectNotice(page, 'The review is saved');
  await expect(page.getByRole('row').filter({ hasText: reason })).toHaveCount(0);
});

test('the front desk lets a parent act for a child, and every page says for whom', async ({ page, scripted }, info) => {
  const [parent, child] = [person(info, 'Petra'), person(info, 'Child')];
  await signUp(page, parent);
  await signOut(page);
  await signIn(page, people.receptionist);
  const patient = await register(page, child.given, child.family);
  await page.goto(`${patient}/proxies`);
  await page.getByRole('button', { name: 'Let them act' }).click();
  await expectErrors(page, ['Enter an email address or username', 'Choose a relationship', 'Choose how this was proved']);
  await expectErrorsLeadToFields(page);
  await page.getByLabel('Their email address or username').fill(parent.email);
  await page.getByLabel('They are the patient’s').selectOption('Parent');
  await page.getByLabel('Passport').check();
  await expectSound(page, scripted);
  await page.getByRole('button', { name: 'Let them act' }).click();
  await expectNotice(page, 'They can act for the patient now');
  await signOut(page);

  await page.goto('/');
  await enter(page, parent.email, parent.secret);
  await page.goto('/profile/people');
  await expectSound(page, scripted);
  await page.getByRole('button', { name: `Act for ${child.given} ${child.family}`, exact: true }).click();
  await expectNotice(page, 'You act for this patient now');
  const banner = page.getByRole('region', { name: 'Acting for a patient' });
  await page.goto('/appointments');
  await expect(banner).toContainText(`You act for ${child.given} ${child.family}`);
  await expectSound(page, scripted);
  await banner.getByRole('button', { name: 'Act for yourself' }).click();
  await expectNotice(page, 'You act for yourself again');
  await expect(banner).toHaveCount(0);
});

test('the front desk adds a doctor to a care team, and the record opens', async ({ page, scripted }, info) => {
  const who = person(info, 'Team');
  await signIn(page, people.receptionist);
  const patient = await register(page, who.given, who.family);
  await page.goto(patient);
  await page.getByRole('link', { name: 'Change care team' }).click();
  await page.getByRole('button', { name: 'Add to care team' }).click();
  await expectErrors(page, ['Choose a doctor or nurse', 'Enter what they do for the patient']);
  await expectErrorsLeadToFields(page);
  await expectSound(page, scripted);
  await page.getByLabel('Doctor or nurse').selectOption({ label: 'Dr Amina Rahman, doctor' });
  await page.getByLabel('What they do for the patient').fill('Diabetes clinic');
  await page.getByRole('button', { name: 'Add to care team' }).click();
  await expectNotice(page, 'They are in the care team now');
  await expectSound(page, scripted);
  await signOut(page);

  await signIn(page, people.doctor);
  const record = patient.replace('/patients/', '/medical-records/');
  await page.goto(record);
  await expect(heading(page, 'This record is closed to you')).toHaveCount(0);
  await page.goto(`${patient}/care-team`);
  await page.getByRole('button', { name: /^End/ }).click();
  await expectNotice(page, 'They are no longer in the care team');
  await page.goto(record);
  await expect(heading(page, 'This record is closed to you')).toBeVisible();
});
