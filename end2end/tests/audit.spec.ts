// The audit log as security officers, patients and staff meet it: filters with chips, one event in the chain, the log as
// a file, security events, who looked at a record.
import { type Page } from '@playwright/test';
import {
  doctorName,
  enter,
  expect,
  expectAccessible,
  expectErrors,
  expectErrorsLeadToFields,
  expectNoSidewaysScroll,
  findPatient,
  heading,
  people,
  signIn,
  test,
} from './support';

/** The filters in use. */
function chips(page: Page) {
  return page.getByRole('list', { name: 'Filters in use' }).getByRole('link');
}

/** Sound on a phone and for assistive technology, which needs scripts to look. */
async function expectSound(page: Page, scripted: boolean): Promise<void> {
  await expectNoSidewaysScroll(page);
  if (scripted) await expectAccessible(page);
}

test('an auditor narrows the log, takes filters away one by one and looks at an event', async ({ page, scripted }) => {
  await signIn(page, people.auditor);
  await page.goto('/admin/audit');
  await page.getByLabel('Username or email').fill(people.auditor);
  await page.getByLabel('Action').selectOption({ label: 'Sign in' });
  await page.getByLabel('Outcome').selectOption({ label: 'Done' });
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(chips(page)).toHaveCount(3);
  await expect(page.getByRole('table').getByRole('row').nth(1)).toContainText('Henry Shaw');
  await expectSound(page, scripted);

  await chips(page).filter({ hasText: 'Sign in' }).click();
  await expect(chips(page)).toHaveCount(2);
  await expect(page.getByLabel('Username or email')).toHaveValue(people.auditor);
  await page.getByRole('link', { name: 'Clear' }).click();
  await expect(chips(page)).toHaveCount(0);

  await page.getByRole('table').getByRole('link', { name: /, event \d+$/ }).first().click();
  await expect(heading(page, /^Event \d+$/)).toBeVisible();
  await expect(page.getByText('The hash is that of these words')).toBeVisible();
  await expectSound(page, scripted);
  await page.getByRole('row', { name: /^Before/ }).getByRole('link').click();
  await expect(heading(page, /^Event \d+$/)).toBeVisible();
});

test('a filter that names nobody says so at its field', async ({ page, scripted }) => {
  await signIn(page, people.auditor);
  await page.goto('/admin/audit');
  await page.getByLabel('Username or email').fill('nobody-is-called-so');
  await page.getByLabel('Patient number (MRN)').fill('123');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expectErrors(page, [
    'Enter a username or email address that an account has',
    'Enter a number (MRN) that a patient has, like 400 281 7730',
  ]);
  await expectErrorsLeadToFields(page);
  await expect(page.getByLabel('Username or email')).toHaveValue('nobody-is-called-so');
  await expectSound(page, scripted);
});

test('the filtered log is taken away as a file, and that is written down', async ({ page }) => {
  await signIn(page, people.auditor);
  await page.goto('/admin/audit?action=sign-in&outcome=success');
  for (const [name, first] of [['Export CSV', /^seq,at,actorId,actor,/], ['Export JSON', /^\{"seq":\d+,/]] as const) {
    const href = await page.getByRole('button', { name }).getAttribute('href');
    const answer = await page.request.get(href ?? '');
    expect(answer.status()).toBe(200);
    expect(answer.headers()['content-disposition']).toMatch(/^attachment; filename="audit-\d{4}-\d\d-\d\d\./);
    expect(await answer.text()).toMatch(first);
  }
  await page.goto('/admin/audit?action=export-audit');
  await expect(page.getByRole('table').getByRole('row').nth(1)).toContainText('Henry Shaw');
});

test('a failed sign-in shows among the security events', async ({ page, visitor, scripted }) => {
  const stranger = await visitor();
  await stranger.goto('/');
  await enter(stranger, people.nurse, 'not the password of the nurse');
  await expect(stranger).toHaveTitle(/^Error: /);

  await signIn(page, people.admin);
  await page.goto('/admin/security');
  const accounts = page.getByRole('table', { name: /^Security events by account/ });
  await expect(accounts.getByRole('row', { name: /Nina Okafor/ })).toBeVisible();
  await expect(page.getByRole('table', { name: /^Events of the audit log/ })).toContainText('Sign in');
  await page.getByRole('link', { name: 'Last 7 days' }).click();
  await expect(page.getByRole('link', { name: 'Last 7 days' })).toHaveAttribute('aria-current', 'true');
  await expectSound(page, scripted);
});

test('a patient sees in plain words who looked at their record', async ({ page, signedIn, scripted }) => {
  const doctor = await signedIn(people.doctor);
  await findPatient(doctor, 'Kowalska');
  await doctor.goto(new URL(doctor.url()).pathname.replace('/patients/', '/medical-records/'));

  await signIn(page, people.patient);
  await page.getByRole('main').getByRole('link', { name: 'Who looked at my record' }).click();
  await expect(heading(page, 'Who looked at my record')).toBeVisible();
  const list = page.getByRole('region', { name: 'Who looked at my record' }).getByRole('listitem');
  await expect(
    list.filter({ hasText: new RegExp(`^${doctorName}, doctor, read your medical record on \\d+ \\w+ \\d{4} at \\d\\d:\\d\\d`) }).first(),
  ).toBeVisible();
  await expect(list.filter({ hasText: 'Marta Kowalska' })).toHaveCount(0);
  await expectSound(page, scripted);
});

test('staff see their own actions', async ({ page, scripted }) => {
  await signIn(page, people.nurse);
  await page.goto('/profile');
  await page.getByRole('link', { name: 'Your actions' }).click();
  await expect(heading(page, 'Your actions')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Your actions, newest first' })).toContainText('Sign in');
  await expectSound(page, scripted);
});
