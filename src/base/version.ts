/** Of this software, as package.json has it (a test compares): connectors say it when they ask for a key. */
export const version = '0.1.0';
