import { describeMillionEvents } from './million-events.ts'
import { useSqlite } from './sqlite-backend.ts'

describeMillionEvents('a million events on SQLite', useSqlite())
