import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

/* Databases as released versions left them, one file of SQL each in released/. How one is added: server/storage/README.md. */

export type Kind = 'sqlite' | 'postgres'
export type Row = Record<string, unknown>
export interface Released {
  version: string
  /** Makes the database of that kind, with everything in it. */
  statements(kind: Kind): string
  /** Those of them that make the tables. */
  schema(kind: Kind): string[]
}

const FOLDER = new URL('released/', import.meta.url)
export const fileOf = (version: string) => fileURLToPath(new URL(`${version}.sql`, FOLDER))

export function listReleased(): Released[] {
  return readdirSync(FOLDER).toSorted(new Intl.Collator('en', { numeric: true }).compare).map(file => file.replace(/\.sql$/, '')).map(version => ({
    version,
    statements: kind => sectionsOf(readFileSync(fileOf(version), 'utf8'), [kind, 'both']),
    schema: kind => sectionsOf(readFileSync(fileOf(version), 'utf8'), [kind]).split(';\n').map(each => each.trim()).filter(Boolean),
  }))
}

/** What stands below `-- on sqlite`, `-- on postgres` or `-- on both`, each up to the next such line. */
function sectionsOf(text: string, wanted: string[]): string {
  const [, ...parts] = text.split(/^-- on (\w+)$/m)
  return parts.flatMap((part, index) => index % 2 === 1 && wanted.includes(parts[index - 1] ?? '') ? [part] : []).join('')
}

/** Text of the file: the tables as each database has them, made by the statements, and the rows of both. */
export function toFile({ title, sqlite, postgres, rows }: { title: string, sqlite: string[], postgres: string[], rows: [string, Row[]][] }): string {
  const inserts = rows.flatMap(([table, all]) => all.map((row) => {
    const [names, values] = [Object.keys(row), Object.values(row).map(toLiteral)]
    return `insert into ${table} (${names.join(', ')}) values (${values.join(', ')})`
  }))
  const section = (name: string, statements: string[]) => `-- on ${name}\n${statements.map(statement => `${statement};\n`).join('')}`
  return `-- ${title}\n${section('sqlite', sqlite)}${section('postgres', postgres)}${section('both', inserts)}`
}

function toLiteral(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return `'${value.replaceAll('\'', '\'\'')}'`
  throw new TypeError(`a column cannot hold a ${typeof value}`)
}

/** The statements that make the tables and indexes of a SQLite file, as the file itself has them. */
export function readSqliteSchema(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const { application_id: id } = database.prepare('pragma application_id').get() ?? {}
    const made = database.prepare('select sql from sqlite_schema where sql is not null order by rowid').all()
    return [`pragma application_id = ${id}`, 'pragma journal_mode = wal', ...made.map(({ sql }) => String(sql))]
  }
  finally {
    database.close()
  }
}
