import { migrate } from '../../../src/store/migrate.ts';

/** A migrator in a process of its own, which can be killed: `<database's url> <directory>`. Prints what it has applied. */
const [client = '', directory = ''] = process.argv.slice(2);
const { applied } = await migrate({ client, directory });
process.stdout.write(JSON.stringify(applied));
