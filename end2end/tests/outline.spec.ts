// The outline of the main pages as assistive technology hears it: headings, navigation, labels, columns. Dates
// and data are left out, so a changed outline is a changed page. `npx playwright test outline --update-snapshots`
// writes all that is on a page; keep the lasting parts.
import { type Page } from '@playwright/test';
import { expect, findPatient, people, signIn, test } from './support';

async function expectOutlines(page: Page, pages: Record<string, string>): Promise<void> {
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(path);
    await expect.soft(page.getByRole('main'), path).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
  }
}

/** The path of the page of a patient, found by name. */
async function pathOf(page: Page, family: string): Promise<string> {
  await findPatient(page, family);
  return new URL(page.url()).pathname;
}

test('pages before signing in', async ({ page }) => {
  await expectOutlines(page, { 'sign-in': '/', 'sign-up': '/signup' });
});

test('pages of a patient', async ({ page }) => {
  await signIn(page, people.patient);
  await expectOutlines(page, {
    'patient-home': '/',
    'patient-appointments': '/appointments',
    'patient-book': '/appointments/book',
    'patient-record': '/medical-records',
    'patient-bills': '/billing',
    profile: '/profile',
    password: '/profile/password',
    forbidden: '/admin',
    'not-found': '/no-such-page',
  });
});

test('pages of clinicians', async ({ page, signedIn }) => {
  await signIn(page, people.doctor);
  const chart = (await pathOf(page, 'Kowalska')).replace('/patients/', '/medical-records/');
  await expectOutlines(page, {
    'doctor-home': '/',
    records: '/medical-records',
    chart,
    'note-new': `${chart}/notes/new`,
    'vitals-new': `${chart}/vitals`,
    'allergy-new': `${chart}/allergies`,
    'medicine-new': `${chart}/medicines`,
    'problem-new': `${chart}/problems`,
  });
  await expectOutlines(await signedIn(people.nurse), { 'nurse-home': '/' });
});

test('pages of the front desk', async ({ page }) => {
  await signIn(page, people.receptionist);
  const patient = await pathOf(page, 'Kowalska');
  await expectOutlines(page, {
    'reception-home': '/',
    day: '/appointments',
    list: '/appointments?view=list',
    patients: '/patients',
    'patient-new': '/patients/new',
    'patient-edit': `${patient}/edit`,
    'book-find': '/appointments/new',
    schedules: '/appointments/schedules',
    bills: '/billing',
  });
});

test('pages of the billing office', async ({ page }) => {
  await signIn(page, people.billing);
  await expectOutlines(page, {
    'billing-home': '/',
    'bills-clerk': '/billing',
    'bill-new': '/billing/new',
    takings: '/billing/takings',
  });
});

test('pages of administrators and auditors', async ({ page, signedIn }) => {
  await signIn(page, people.admin);
  await expectOutlines(page, {
    'admin-home': '/',
    users: '/admin',
    'user-new': '/admin/users/new',
    user: '/admin/users/6',
    'user-disable': '/admin/users/6/disable',
    'user-reset': '/admin/users/6/reset',
    activity: '/admin/activity',
    audit: '/admin/audit',
  });
  await expectOutlines(await signedIn(people.auditor), { 'auditor-home': '/', 'auditor-audit': '/admin/audit' });
});
