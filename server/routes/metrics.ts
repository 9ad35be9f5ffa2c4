import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../utils/unrouted.ts'

/** Any method but GET. */
export default defineEventHandler(answerUnrouted)
