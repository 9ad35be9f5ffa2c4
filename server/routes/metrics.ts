import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../http/http-error.ts'

/** Any method but GET. */
export default defineEventHandler(answerUnrouted)
