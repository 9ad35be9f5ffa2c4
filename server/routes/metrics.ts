import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../http/unrouted.ts'

/** Any method but GET. */
export default defineEventHandler(answerUnrouted)
