/** Offers text made in the browser as a file. */
export function useDownload() {
  return function download(name: string, type: string, text: string) {
    const url = URL.createObjectURL(new Blob([text], { type }))
    const link = document.createElement('a')
    link.href = url
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }
}
