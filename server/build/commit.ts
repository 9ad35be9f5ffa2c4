import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'

/**
 * The commit checked out in `root`, with `+dirty` if tracked files differ from it. `override` is for builds without git, such as
 * in a container. `unknown` unless `root` is the top of a repository: a folder inside somebody else's has no commit of its own.
 */
export function buildCommit(root: string, override: string | undefined): string {
  const given = override?.trim()
  if (given) return /^[\w.+-]{1,64}$/.test(given) ? given : 'unknown'
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(root)) return 'unknown'
    const dirty = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short=12', 'HEAD') + (dirty ? '+dirty' : '')
  }
  catch {
    return 'unknown'
  }
}
