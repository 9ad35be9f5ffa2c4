import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../http/http-error.ts'

/** What no other route takes: a wrong method (405) or an unknown path (404), never the page of the Vue router. */
export default defineEventHandler(answerUnrouted)
