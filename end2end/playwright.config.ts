// How the browser tests run: every journey with JavaScript and without it, in the system's own
// Chromium, against the release binary with a fresh demo clinic.
import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

const chromium = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));
if (chromium === undefined) {
  throw new Error('No Chromium found: install one or set CHROMIUM to its path.');
}

const port = process.env['E2E_PORT'] ?? '3999';
const origin = `http://127.0.0.1:${port}`;
// The one password of every demo account while the tests run; scripts/e2e-server.sh and the tests read it.
process.env['E2E_PASSWORD'] ??= 'a-ward-round-at-seven-past-eight';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: false,
  forbidOnly: process.env['CI'] === 'true',
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    baseURL: origin,
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'js', use: { javaScriptEnabled: true } },
    { name: 'no-js', use: { javaScriptEnabled: false } },
  ],
  webServer: {
    command: 'bash ../scripts/e2e-server.sh',
    url: `${origin}/ready`,
    timeout: 60_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
    stdout: 'ignore',
    stderr: 'pipe',
    env: { E2E_PORT: port, E2E_PASSWORD: process.env['E2E_PASSWORD'] },
  },
});
