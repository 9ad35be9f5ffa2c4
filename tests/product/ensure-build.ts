import { ensureSandboxBuild } from '../support/build.ts'

ensureSandboxBuild()
