// The same server and browser as the tests; pictures instead of checks.
import { defineConfig } from '@playwright/test';
import tests from '../playwright.config';

export default defineConfig(tests, {
  testDir: '.',
  workers: 1,
  use: { viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  projects: [{ name: 'screens' }],
  webServer: { ...tests.webServer, command: 'bash ../../scripts/e2e-server.sh', url: 'http://127.0.0.1:3999/ready' },
});
