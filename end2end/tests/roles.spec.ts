// What each of the seven roles finds at the clinic, and what it may not see.
import { type Page } from '@playwright/test';
import {
  type Role,
  doctorName,
  expect,
  expectNotice,
  fillDate,
  findPatient,
  heading,
  people,
  person,
  signIn,
  test,
} from './support';

/** The main navigation of the page. */
function main(page: Page) {
  return page.getByRole('navigation', { name: 'Main' });
}

/** Signs in as the demo person of a role and checks that the navigation shows that role's work, no more. */
async function begin(page: Page, role: Role, entries: string[]): Promise<void> {
  await signIn(page, people[role]);
  await expect(main(page).getByRole('link')).toHaveText(entries);
}

/** These pages are not for the role: each answers 403 in house style, with a way back. */
async function expectForbidden(page: Page, paths: string[]): Promise<void> {
  for (const path of paths) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(403);
    await expect(heading(page, 'You cannot do this')).toBeVisible();
    await expect(page.getByText(/^Reference: /)).toBeVisible();
  }
  await page.getByRole('link', { name: 'Go to the home page' }).click();
  await expect(main(page)).toBeVisible();
}

/** Things of others answer like things that do not exist. */
async function expectNotFound(page: Page, paths: string[]): Promise<void> {
  for (const path of paths) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(heading(page, /Page not found|This record is closed to you/)).toBeVisible();
  }
}

test('a patient finds appointments, record and bills, and nothing of others', async ({ page, signedIn }) => {
  await begin(page, 'patient', ['Home', 'Appointments', 'My record', 'My bills']);
  await expect(page.getByRole('heading', { name: 'Next appointment' })).toBeVisible();

  await main(page).getByRole('link', { name: 'Appointments' }).click();
  await expect(heading(page, 'Your appointments')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Past and cancelled appointments' })).toContainText(doctorName);

  await main(page).getByRole('link', { name: 'My record' }).click();
  await expect(heading(page, 'My record')).toBeVisible();
  await expect(page.getByText('Allergy: Penicillin').first()).toBeVisible();
  await expect(page.getByText('Amlodipine 5 mg').first()).toBeVisible();
  await expect(page.getByText('Signed').first()).toBeVisible();
  await expect(page.getByText('not signed')).toHaveCount(0);

  await main(page).getByRole('link', { name: 'My bills' }).click();
  await expect(heading(page)).toBeVisible();

  await expectForbidden(page, ['/patients', '/patients/new', '/admin', '/admin/audit', '/admin/users/new', '/billing/new']);

  // The addresses of another patient, as the front desk sees them.
  const desk = await signedIn(people.receptionist);
  await findPatient(desk, 'Turner');
  const other = new URL(desk.url()).pathname;
  await expectNotFound(page, [other, other.replace('/patients/', '/medical-records/'), '/appointments/1', '/billing/999999']);
});

test('a doctor sees the own day, opens charts, writes, and sets the own hours', async ({ page }) => {
  await begin(page, 'doctor', ['Today', 'Appointments', 'Patients', 'Records']);
  await expect(page.getByRole('heading', { name: 'Your visits today' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Notes to sign' })).toBeVisible();

  await main(page).getByRole('link', { name: 'Appointments' }).click();
  await expect(heading(page, /^\w+day \d+ \w+ \d{4}$/)).toBeVisible();

  await findPatient(page, 'Kowalska');
  await page.getByRole('button', { name: 'Open record' }).click();
  const record = page.getByRole('navigation', { name: 'Record' });
  for (const part of ['Notes', 'Vitals', 'Medicines & problems', 'Visits', 'Summary']) {
    await record.getByRole('link', { name: part, exact: true }).click();
    await expect(record.getByRole('link', { name: part, exact: true })).toHaveAttribute('aria-current', 'page');
    await expect(heading(page, /KOWALSKA, Marta/i)).toBeVisible();
  }
  await record.getByRole('link', { name: 'Medicines & problems' }).click();
  await page.getByRole('link', { name: 'Prescribe' }).first().click();
  await expect(heading(page, 'Prescribe a medicine')).toBeVisible();
  await page.getByLabel('Medicine and strength').fill('Ramipril 2.5 mg');
  await page.getByLabel('How to take it').fill('once a day in the morning');
  await page.getByLabel('For how many days').fill('28');
  await page.getByRole('button', { name: 'Prescribe' }).click();
  await expectNotice(page, 'The medicine is prescribed');
  await expect(page.getByText('Ramipril 2.5 mg').first()).toBeVisible();

  await expectForbidden(page, ['/billing', '/billing/new', '/patients/new', '/admin', '/admin/audit']);
});

test('a nurse takes intake of the whole clinic and neither bills nor prescribes', async ({ page }) => {
  await begin(page, 'nurse', ['Today', 'Appointments', 'Patients', 'Records']);
  await expect(page.getByRole('heading', { name: 'Waiting and next' })).toBeVisible();
  await main(page).getByRole('link', { name: 'Records' }).click();
  await expect(heading(page, 'Medical records')).toBeVisible();

  await findPatient(page, 'Kowalska');
  await page.getByRole('button', { name: 'Open record' }).click();
  const chart = new URL(page.url()).pathname;
  await page.getByRole('link', { name: 'Add an allergy' }).first().click();
  await page.getByLabel('Allergic to').fill('Latex');
  await page.getByLabel('Reaction').fill('Rash');
  await page.getByRole('radio', { name: 'Mild' }).check();
  await page.getByRole('button', { name: 'Save allergy' }).click();
  await expectNotice(page, 'The allergy is recorded');
  await expect(page.getByText('Latex').first()).toBeVisible();

  await expectForbidden(page, [`${chart}/medicines`, `${chart}/problems`, '/billing', '/admin']);
});

test('a receptionist registers, books, checks in and takes money, and reads no record', async ({ page }, info) => {
  const who = person(info, 'Ariadne');
  await begin(page, 'receptionist', ['Today', 'Appointments', 'Patients', 'Billing']);
  await expect(page.getByRole('heading', { name: 'Waiting room' })).toBeVisible();

  await main(page).getByRole('link', { name: 'Patients' }).click();
  await page.getByRole('button', { name: 'Register a patient' }).click();
  await page.getByLabel('First names').fill(who.given);
  await page.getByLabel('Last name').fill(who.family);
  await fillDate(page, 'Date of birth', '9', '9', '1999');
  await page.getByRole('radio', { name: 'Female' }).check();
  await page.getByLabel('Phone').fill('020 7946 0101');
  await page.getByRole('button', { name: 'Register patient' }).click();
  await expectNotice(page, 'The patient is registered');
  await expect(heading(page, new RegExp(who.family, 'i'))).toBeVisible();
  const patient = new URL(page.url()).pathname;

  await main(page).getByRole('link', { name: 'Appointments' }).click();
  await expect(heading(page, /^\w+day \d+ \w+ \d{4}$/)).toBeVisible();
  await page.getByRole('navigation', { name: 'Day' }).getByRole('link', { name: 'Next day' }).click();
  await page.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'List' }).click();
  await expect(heading(page, 'Appointments')).toBeVisible();
  await page.getByLabel('Status').selectOption({ label: 'Booked' });
  await page.getByRole('button', { name: 'Apply filters' }).click();
  await expect(page.getByRole('table', { name: 'Appointments' })).toContainText('Booked');

  await main(page).getByRole('link', { name: 'Billing' }).click();
  await expect(heading(page)).toBeVisible();

  const chart = patient.replace('/patients/', '/medical-records/');
  await expectForbidden(page, ['/medical-records', chart, '/billing/new', '/admin', '/admin/activity']);
});

test('a billing clerk sees bills and limited details of patients', async ({ page }) => {
  await begin(page, 'billing', ['Today', 'Billing', 'Patients', 'Appointments']);
  await expect(page.getByRole('heading', { name: 'Visits not billed' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Taken in the last 14 days' })).toBeVisible();

  await findPatient(page, 'Kowalska');
  await expect(page.getByText('Insurance')).toBeVisible();
  await expect(page.getByText('020 7946')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Book appointment' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Change details' }).click();
  await expect(page.getByLabel('Address')).toBeVisible();
  await expect(page.getByLabel('First names')).toHaveCount(0);

  await expectForbidden(page, ['/medical-records', '/patients/new', '/appointments/new', '/admin']);
});

test('an administrator manages accounts and sees no patient', async ({ page }) => {
  await begin(page, 'admin', ['Today', 'Admin']);
  await expect(page.getByRole('heading', { name: 'Accounts by role' })).toBeVisible();
  await main(page).getByRole('link', { name: 'Admin' }).click();
  await expect(heading(page, 'Users')).toBeVisible();
  await page.getByLabel('Name, username or email').fill('rahman');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('table', { name: 'Accounts' }).getByRole('link', { name: doctorName }).click();
  await expect(heading(page, doctorName)).toBeVisible();
  await page.getByRole('navigation', { name: 'Admin' }).getByRole('link', { name: 'Activity' }).click();
  await expect(heading(page, 'Activity')).toBeVisible();
  await page.getByRole('navigation', { name: 'Admin' }).getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByText('Administrators see what concerns accounts and access')).toBeVisible();
  await expect(page.getByRole('table')).toContainText('Olivia Bennett');

  await expectForbidden(page, ['/patients', '/appointments', '/appointments/new', '/medical-records', '/billing']);
});

test('an auditor reads the audit log and changes nothing', async ({ page }) => {
  await begin(page, 'auditor', ['Today', 'Admin']);
  await main(page).getByRole('link', { name: 'Admin' }).click();
  await expect(heading(page, 'Users')).toBeVisible();
  await expect(page.getByRole('button', { name: 'New account' })).toHaveCount(0);
  await page.getByRole('table', { name: 'Accounts' }).getByRole('link', { name: 'Sam Lee' }).click();
  await expect(heading(page, 'Sam Lee')).toBeVisible();
  await expect(page.getByRole('button', { name: /Save|Disable|password/ })).toHaveCount(0);
  await page.getByRole('link', { name: 'See it in the audit log' }).click();
  await expect(heading(page, 'Audit log')).toBeVisible();
  await page.getByLabel('Outcome').selectOption({ label: 'Refused' });
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByRole('list', { name: 'Filters in use' }).getByRole('link')).toHaveCount(2);

  await expectForbidden(page, [
    '/admin/users/new',
    '/patients',
    '/appointments',
    '/medical-records',
    '/billing',
  ]);
});
