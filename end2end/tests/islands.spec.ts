// Widgets that come alive where scripts run; every other test shows that nothing needs them.
import { expect, findPatient, heading, islandsAwake, people, signIn, test } from './support';

test.skip(({ scripted }) => !scripted, 'islands need scripts');

test('the theme changes at once and is remembered', async ({ page }) => {
  await page.goto('/');
  await islandsAwake(page);
  const theme = page.getByRole('group', { name: 'Theme' });
  await expect(theme.getByRole('button', { name: 'Device' })).toHaveAttribute('aria-pressed', 'true');
  await page.getByLabel('Email address or username').fill('half-typed');

  await theme.getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(theme.getByRole('button', { name: 'Dark' })).toHaveAttribute('aria-pressed', 'true');
  // The page was not loaded again: what was typed is still there.
  await expect(page.getByLabel('Email address or username')).toHaveValue('half-typed');

  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await islandsAwake(page);
  await theme.getByRole('button', { name: 'Device' }).click();
  await page.reload();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
});

test('free times follow the doctor and the date', async ({ page }) => {
  await signIn(page, people.receptionist);
  await findPatient(page, 'Kowalska');
  await page.getByRole('button', { name: 'Book appointment' }).click();
  await expect(heading(page, 'Book an appointment')).toBeVisible();
  await islandsAwake(page);
  await expect(page.getByRole('button', { name: 'Show times' })).toBeHidden();

  // Within four weeks every doctor works; the first day with times will do.
  const date = page.getByLabel('Date', { exact: true });
  const shown = await date.inputValue();
  const start = shown === '' ? Date.now() : Date.parse(shown);
  const monday = new Date(start + 7 * 86_400_000);
  monday.setUTCDate(monday.getUTCDate() + ((8 - monday.getUTCDay()) % 7));
  await date.fill(monday.toISOString().slice(0, 10));
  await date.blur();
  const times = page.getByRole('group', { name: /^Free times on Monday / });
  await expect(times).toBeVisible();

  await page.getByLabel('Doctor').selectOption({ label: 'First available' });
  await expect(times.getByText('Dr ').first()).toBeVisible();
  const doctors = new Set(await times.locator('small').allInnerTexts());
  expect(doctors.size).toBeGreaterThan(0);

  await page.getByLabel('Doctor').selectOption({ label: 'Dr Helen Marsh' });
  await expect(times).toContainText('Nothing is free on this day');
  await page.getByLabel('Doctor').selectOption({ label: 'Dr Amina Rahman' });
  await expect(times).not.toContainText('Nothing is free on this day');
  expect(await times.getByRole('radio').count()).toBeGreaterThan(0);
});

test('typing a name suggests patients, and the keyboard goes on with one', async ({ page }) => {
  await signIn(page, people.receptionist);
  await page.goto('/appointments/new');
  await islandsAwake(page);
  const field = page.getByRole('combobox');
  await field.pressSequentially('Turn');
  const list = page.getByRole('listbox', { name: 'Patients found' });
  const option = list.getByRole('option', { name: /TURNER, Alfie/i });
  await expect(option).toBeVisible();
  await expect(field).toHaveAttribute('aria-expanded', 'true');

  await field.press('ArrowDown');
  await expect(option).toHaveAttribute('aria-selected', 'true');
  await field.press('Escape');
  await expect(list).toBeHidden();
  await expect(field).toHaveValue('Turn');

  await field.press('ArrowDown');
  await expect(list).toBeVisible();
  await field.press('Enter');
  await expect(page).toHaveURL(/\/appointments\/new\?patient=/);
  await expect(page.getByRole('main')).toContainText('Turner');
  await expect(page.getByLabel('Doctor')).toBeVisible();
});

test('suggestions can be chosen with the pointer', async ({ page }) => {
  await signIn(page, people.nurse);
  await page.goto('/appointments/new');
  await islandsAwake(page);
  await page.getByRole('combobox').pressSequentially('kowal');
  await page.getByRole('option', { name: /KOWALSKA, Marta/i }).click();
  await expect(page.getByRole('main')).toContainText('Kowalska');
  await expect(page.getByLabel('Doctor')).toBeVisible();
});
