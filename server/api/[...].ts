import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../http/http-error.ts'

/** Everything that no other route matches: a wrong method (405) or an unknown path (404), and never a page. */
export default defineEventHandler(answerUnrouted)
