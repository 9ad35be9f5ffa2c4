import { describeStorage } from './describe-storage.ts'
import { useSqlite } from './sqlite-backend.ts'
import { describeUpgrades } from './upgrades.ts'

const backend = useSqlite()
describeStorage('storage on SQLite', backend)
describeUpgrades('a database on SQLite', backend)
