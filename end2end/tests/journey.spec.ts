// The day of one patient from the first visit to the site to the printed receipt: every role does its part,
// each in a browser of its own.
import {
  bookingDay,
  book,
  doctorName,
  expect,
  expectNotice,
  findPatient,
  heading,
  people,
  person,
  signOutButton,
  signUp,
  test,
} from './support';

test.setTimeout(120_000);

test('a patient books, is seen, is billed, pays and reads the signed note', async ({ visitor, signedIn }, info) => {
  const who = person(info, 'Juno');
  const patient = await visitor();
  await test.step('the patient signs up and books', async () => {
    await signUp(patient, who);
    const booking = await book(patient, bookingDay(info, 0), 'A cough that stays');
    await patient.getByRole('link', { name: 'See all your appointments' }).click();
    await expect(patient.getByRole('main')).toContainText(booking.when);
    await expect(patient.getByRole('main')).toContainText(booking.reference);
  });

  const desk = await signedIn(people.receptionist);
  await test.step('the front desk checks the patient in', async () => {
    await findPatient(desk, who.family);
    await desk.getByRole('table', { name: 'Planned appointments' }).getByRole('link').click();
    await expect(heading(desk, who.name)).toBeVisible();
    await expect(desk.getByRole('main')).toContainText('A cough that stays');
    await desk.getByRole('button', { name: new RegExp(`^Arrived ?, ${who.name}$`) }).click();
    await expectNotice(desk, "The visit's status is changed");
    await expect(desk.getByRole('button', { name: /^Undo: not arrived yet/ })).toBeVisible();
  });

  const nurse = await signedIn(people.nurse);
  await test.step('the nurse records vitals', async () => {
    await findPatient(nurse, who.family);
    await nurse.getByRole('button', { name: 'Open record' }).click();
    await nurse.getByRole('button', { name: 'Record vitals' }).click();
    await nurse.getByLabel('Systolic').fill('128');
    await nurse.getByLabel('Diastolic').fill('79');
    await nurse.getByLabel('Pulse').fill('66');
    await nurse.getByLabel('Temperature').fill('37.1');
    await nurse.getByRole('button', { name: 'Save vitals' }).click();
    await expectNotice(nurse, 'The vital signs are saved');
    await expect(nurse.getByRole('main')).toContainText('128/79');
  });

  const doctor = await signedIn(people.doctor);
  await test.step('the doctor sees the patient, writes a note and signs it', async () => {
    await findPatient(doctor, who.family);
    await doctor.getByRole('table', { name: 'Planned appointments' }).getByRole('link').click();
    await doctor.getByRole('button', { name: new RegExp(`^Start ?, ${who.name}$`) }).click();
    await expectNotice(doctor, "The visit's status is changed");
    await doctor.getByRole('link', { name: 'Open the record' }).click();
    await expect(doctor.getByRole('main')).toContainText('128/79');
    await doctor.getByRole('button', { name: 'Write a note' }).click();
    await doctor.getByLabel('Subjective').fill('Coughs for three weeks, worse at night');
    await doctor.getByLabel('Objective').fill('Chest clear');
    await doctor.getByLabel('Assessment').fill('Cough after a cold');
    await doctor.getByLabel('Plan').fill('Steam, come back in two weeks');
    await doctor.getByRole('button', { name: 'Save draft' }).click();
    await expectNotice(doctor, 'The draft is saved');
    // Nobody but the author reads a draft.
    await patient.goto('/medical-records');
    await expect(patient.getByText('Cough after a cold')).toHaveCount(0);
    await doctor.getByRole('button', { name: 'Save and go on to sign' }).click();
    await expect(heading(doctor, 'Sign this note?')).toBeVisible();
    await expect(doctor.getByRole('main')).toContainText('can never be changed or deleted');
    await doctor.getByRole('button', { name: 'Sign note' }).click();
    await expectNotice(doctor, 'The note is signed');
    await expect(doctor.getByLabel('Subjective')).toHaveCount(0);
    await findPatient(doctor, who.family);
    await doctor.getByRole('table', { name: 'Planned appointments' }).getByRole('link').click();
    await doctor.getByRole('button', { name: new RegExp(`^Complete ?, ${who.name}$`) }).click();
    await expectNotice(doctor, "The visit's status is changed");
  });

  await test.step('the patient reads the signed note and the measurements', async () => {
    await patient.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'My record' }).click();
    await expect(patient.getByRole('article')).toContainText('Cough after a cold');
    await expect(patient.getByRole('article')).toContainText(`Signed by ${doctorName}`);
    await expect(patient.getByRole('main')).toContainText('128/79');
  });

  const clerk = await signedIn(people.billing);
  await test.step('the billing clerk bills the visit and issues the bill', async () => {
    await clerk.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Billing' }).click();
    await clerk.getByRole('button', { name: `Make a bill for ${who.name}` }).click();
    await expect(clerk.getByLabel('Description of line 1')).toHaveValue('Consultation');
    await clerk.getByLabel('Description of line 2').fill('Chest examination');
    await clerk.getByLabel('Count of line 2').fill('2');
    await clerk.getByLabel('Price of line 2').fill('12.50');
    await clerk.getByRole('button', { name: 'Save draft' }).click();
    await expectNotice(clerk, 'The draft bill is saved');
    await expect(clerk.getByRole('table', { name: 'Charges' })).toContainText('£85.00');
    // A draft is nobody's bill yet.
    await patient.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'My bills' }).click();
    await expect(patient.getByText('There are no bills')).toBeVisible();
    await clerk.getByRole('button', { name: 'Issue this bill' }).click();
    await expect(heading(clerk, 'Issue this bill?')).toBeVisible();
    await clerk.getByRole('button', { name: 'Issue bill' }).click();
    await expectNotice(clerk, 'The bill is issued');
    await expect(heading(clerk, 'Invoice')).toBeVisible();
  });

  await test.step('the patient pays a part, then the rest', async () => {
    await patient.reload();
    await expect(patient.getByRole('main')).toContainText('£85.00');
    await patient.getByRole('button', { name: /^Pay / }).click();
    await expect(heading(patient, 'Pay this bill')).toBeVisible();
    await expect(patient.getByLabel('Amount')).toHaveValue('85.00');
    await patient.getByLabel('Amount').fill('25');
    await patient.getByRole('button', { name: 'Pay by card' }).click();
    await expectNotice(patient, 'The payment is recorded');
    await expect(heading(patient, 'Receipt')).toBeVisible();
    await expect(patient.getByText('Partly paid')).toBeVisible();
    await patient.getByRole('link', { name: 'Back to the bill' }).click();
    await expect(patient.getByRole('main')).toContainText('£25.00 of £85.00 paid');
    await patient.getByRole('button', { name: 'Pay this bill' }).click();
    await patient.getByRole('button', { name: 'Pay by card' }).click();
    await expect(patient.getByText('Paid in full')).toBeVisible();
  });

  await test.step('the receipt prints without what belongs to the screen', async () => {
    const receipt = patient.getByRole('article');
    await expect(receipt).toContainText(who.name);
    await expect(receipt).toContainText('£60.00');
    await patient.emulateMedia({ media: 'print' });
    await expect(receipt).toBeVisible();
    await expect(heading(patient, 'Receipt')).toBeVisible();
    for (const screenOnly of [
      patient.getByRole('navigation', { name: 'Main' }),
      signOutButton(patient),
      patient.getByRole('group', { name: 'Theme' }),
      patient.getByRole('link', { name: 'Back to the bill' }),
    ]) {
      await expect(screenOnly).toBeHidden();
    }
    await patient.emulateMedia({ media: null });
  });

  await test.step('the auditor sees who did what', async () => {
    const auditor = await signedIn(people.auditor);
    const log = auditor.getByRole('table', { name: 'Events of the audit log, newest first' });
    for (const [action, actor] of [
      ['Book appointment', who.name],
      ['Take payment', who.name],
      ['Write vitals or allergies', 'Nina Okafor'],
      ['Sign note', doctorName],
      ['Issue bill', 'Sam Lee'],
    ] as const) {
      await auditor.goto('/admin/audit');
      await auditor.getByLabel('Action').selectOption({ label: action });
      await auditor.getByLabel('Outcome').selectOption({ label: 'Done' });
      await auditor.getByRole('button', { name: 'Apply' }).click();
      await expect(log.getByRole('row').filter({ hasText: actor }).filter({ hasText: action }).first()).toBeVisible();
    }
  });
});
