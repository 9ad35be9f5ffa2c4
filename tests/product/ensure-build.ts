import { ensureSandboxBuild } from './build.ts'

ensureSandboxBuild()
